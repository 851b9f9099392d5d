import type { History } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import {
  type BrokenWindow,
  brokenWindows,
  describeStall,
  mainLost,
  requestFaults,
  rowsIn,
  servedAllTheSame,
  stalledIn,
  unservedIn,
} from "./failure-windows.ts";
import { decide, inconclusive } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { summarize } from "../request-evidence.ts";

/** One of these stands in every message by which a server says that it does not take something. */
const TROUBLE =
  /\b(err|error|errors|emerg|alert|crit|fatal|failed|failure|fails|invalid|refused|rejected|unknown|unexpected|expected|unrecognized|cannot|can't|could not|unable|bad|wrong|not allowed|not valid|syntax|traceback|exception|warn|warning)\b/i;

// An invalid configuration is refused and reported, and the old one stays.
export function badConfigRefused(history: History): Finding {
  const windows = brokenWindows(history, "bad-config");
  if (windows.length === 0) return inconclusive("no invalid configuration was to be read");
  const rows = rowsIn(history.loads, windows);
  if (rows === 0) return inconclusive("no request was sent while the configuration was invalid");
  const lost = unservedIn(history, windows);
  const reports = windows.map((window, place) => ({ window, report: reportOf(history, window, place) }));
  const silent = reports.filter(({ report }) => report === undefined);
  const served = servedAllTheSame(history, windows);
  const gone = mainLost(history, windows);
  const stalls = gone.length > 0 ? [] : stalledIn(history, windows);
  return decide({
    trials: rows + windows.length,
    faults: [
      ...gone,
      ...served,
      ...stalls,
      ...silent.map(({ window: { action } }) => ({ count: 1, evidence: silence(action.index, action.startedMs) })),
      ...requestFaults(history, lost),
    ],
    expected: "each invalid configuration refused with a message, the old one serving on",
    observed: [
      `${windows.length - silent.length} of ${windows.length} invalid configurations reported`,
      ...reports.flatMap(({ report }) => (report === undefined ? [] : [`"${report.slice(0, LIMITS.excerptBytes)}"`])),
      `${lost.length} of ${rows} requests lost meanwhile${lost.length > 0 ? ` (${summarize(lost)})` : ""}`,
      ...(served.length > 0 ? ["the release that came with it served"] : []),
      ...(gone.length > 0 ? ["the main process did not survive it"] : []),
      ...describeStall(stalls),
    ].join("; "),
  });
}

/** What the command that asked for the reload, or a line of console or log, has said of it. */
function reportOf(history: History, { action }: BrokenWindow, place: number): string | undefined {
  if (action.error !== undefined) return [action.output ?? "", action.error].filter((text) => text !== "").join("; ");
  const after = observationsOf(history, "log-lines", `after-bad-config-${place + 1}`)[0];
  const before = observationsOf(history, "log-lines").findLast(({ atMs }) => atMs < action.startedMs);
  const report = newLines(before?.lines ?? [], after?.lines ?? []).find((line) => TROUBLE.test(line));
  return report === undefined ? undefined : messageOf(report);
}

/** Of a record in JSON its message, of all else the whole line. */
function messageOf(line: string): string {
  const text = /"(?:msg|message)":"((?:[^"\\]|\\.)*)/.exec(line)?.[1];
  return text ?? line;
}

/** Lines of `after` beyond those of `before`; the same text may stand more than once. */
function newLines(before: readonly string[], after: readonly string[]): readonly string[] {
  const old = new Map<string, number>();
  for (const line of before) old.set(line, (old.get(line) ?? 0) + 1);
  return after.filter((line) => {
    const left = old.get(line) ?? 0;
    if (left > 0) old.set(line, left - 1);
    return left === 0;
  });
}

function silence(index: number, atMs: number): Evidence {
  const text = `reload ${index}, with an invalid configuration: no error of its command, no line of console or log that tells of it`;
  return { kind: "action", atMs, text };
}
