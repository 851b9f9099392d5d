import type {
  LoadMetrics,
  ReloadMetrics,
  RunRecord,
  ScenarioRecord,
  TargetRecord,
} from "../../harness/spec/run-record.ts";
import { CUT, type Verdict } from "../../harness/spec/verdict.ts";

/** Digits that a measured number is kept with. */
const DIGITS = 6;

/**
 * What of a finished run is published: evidence whole, passes and what is unsupported without the sentence of their rule, no histograms
 * and timelines. Where something lay on one machine is nobody's evidence: paths in the folders `hidden`, such as that of the package, are
 * given from there on.
 *
 * @param hidden absolute, with a separator at the end; one inside another has to come before it.
 */
export function excerptOf(record: RunRecord, hidden: readonly string[]): RunRecord {
  const folders = [...hidden.map(beginningOf), ...hidden.map((folder) => RegExp.escape(folder))].join("|");
  const published = { ...record, targets: record.targets.map(excerptOfTarget) };
  return tidied(published, new RegExp(`(?<=${PATH_BEGINS})(?:${folders})`, "g"));
}

/**
 * Where a path may begin: elsewhere the same letters are part of a longer one, or of a URL. Also after the name of an option (`-I/lib`),
 * and after an escaped line end, as a traceback in JSON has them.
 */
const PATH_BEGINS = String.raw`^|[\s"'\x60=:(\[,;<]|\bfile://|(?:^|\s)-[A-Za-z]|\\[nt]`;

/** What a command that was cut off may have kept of a folder: its first letters, more than the root. */
function beginningOf(folder: string): string {
  const lengths = Array.from({ length: folder.length - 2 }, (_, index) => folder.length - 1 - index);
  return `(?:${lengths.map((length) => RegExp.escape(folder.slice(0, length))).join("|")})(?=${CUT})`;
}

function excerptOfTarget(target: TargetRecord): TargetRecord {
  return {
    ...target,
    scenarios: target.scenarios.map(excerptOfScenario),
    verdicts: target.verdicts.map(excerptOfVerdict),
  };
}

function excerptOfScenario({ metrics, ...scenario }: ScenarioRecord): ScenarioRecord {
  const loads = metrics.loads.map((load): LoadMetrics => ({ ...load, latencyHdr: "" }));
  const reloads = metrics.reloads.map((reload): ReloadMetrics => ({
    ...reload,
    timeline: { ...reload.timeline, good: [], bad: [] },
  }));
  return { ...scenario, metrics: { ...metrics, loads, reloads } };
}

function excerptOfVerdict(verdict: Verdict): Verdict {
  return ["pass", "unsupported"].includes(verdict.verdict) ? { ...verdict, expected: "" } : verdict;
}

function tidied<T>(value: T, hidden: RegExp): T;
function tidied(value: unknown, hidden: RegExp): unknown {
  if (typeof value === "string") return value.replace(hidden, "");
  if (typeof value === "number") {
    return Number.isInteger(value) || !Number.isFinite(value) ? value : Number(value.toPrecision(DIGITS));
  }
  if (Array.isArray(value)) return value.map((item) => tidied(item, hidden));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, tidied(part, hidden)]));
}
