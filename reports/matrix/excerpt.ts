import type {
  LoadMetrics,
  ReloadMetrics,
  RunRecord,
  ScenarioRecord,
  TargetRecord,
} from "../../harness/spec/run-record.ts";
import type { Verdict } from "../../harness/spec/verdict.ts";

/** Digits that a measured number is kept with. */
const DIGITS = 6;

/**
 * What of a finished run is published: evidence whole, passes without the sentence of their rule, no histograms and timelines. What stands
 * in `hidden`, as the folder of the package, is cut out of all texts: where something lay on one machine is nobody's evidence.
 */
export function excerptOf(record: RunRecord, hidden: readonly string[]): RunRecord {
  return tidied({ ...record, targets: record.targets.map(excerptOfTarget) }, hidden);
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
  return verdict.verdict === "pass" ? { ...verdict, expected: "" } : verdict;
}

function tidied<T>(value: T, hidden: readonly string[]): T;
function tidied(value: unknown, hidden: readonly string[]): unknown {
  if (typeof value === "string") return hidden.reduce((text, part) => text.replaceAll(part, ""), value);
  if (typeof value === "number") {
    return Number.isInteger(value) || !Number.isFinite(value) ? value : Number(value.toPrecision(DIGITS));
  }
  if (Array.isArray(value)) return value.map((item) => tidied(item, hidden));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, tidied(part, hidden)]));
}
