import type { History } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { reportOf } from "./complaints.ts";
import {
  type BrokenWindow,
  brokenWindows,
  mainLost,
  requestFaults,
  rowsIn,
  servedAllTheSame,
  servingBefore,
  stallsAfter,
  unservedIn,
} from "./failure-windows.ts";
import { decide, inconclusive, unlessInDoubt } from "../finding.ts";
import { whyNotAsked } from "../reload-windows.ts";
import { summarize } from "../request-evidence.ts";
import { describeStall } from "./stalls.ts";

// An invalid configuration is refused and reported, and the old one stays.
export function badConfigRefused(history: History): Finding {
  const all = brokenWindows(history, "bad-config");
  if (all.length === 0) return inconclusive("no invalid configuration was to be read");
  const [unread] = all.flatMap((window) => whyUnread(history, window) ?? []);
  const windows = all.filter((window) => whyUnread(history, window) === undefined);
  if (windows.length === 0) return inconclusive(unread ?? "");
  const rows = rowsIn(history.loads, windows);
  if (rows === 0) return inconclusive("no request was sent while the configuration was invalid");
  const { serving, idle } = servingBefore(history, windows);
  const lost = unservedIn(history, serving);
  const reports = windows.map((window) => ({ window, report: reportOf(history, window.action) }));
  const silent = reports.filter(({ report }) => report === undefined);
  const served = servedAllTheSame(history, windows);
  const gone = mainLost(history, windows);
  const stalls = stallsAfter(history, gone.length > 0 ? [] : serving);
  const finding = decide({
    trials: rows + windows.length,
    faults: [
      ...gone,
      ...served,
      ...stalls.faults,
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
  return unlessInDoubt(unread ?? idle ?? stalls.doubt, finding);
}

/** Why nobody came to read the invalid configuration, unless something shows that it was read all the same. */
function whyUnread(history: History, window: BrokenWindow): string | undefined {
  if (mainLost(history, [window]).length > 0 || reportOf(history, window.action) !== undefined) return undefined;
  return whyNotAsked(window.action);
}

function silence(index: number, atMs: number): Evidence {
  const text = `reload ${index}, with an invalid configuration: no error of its command, no line of console or log that tells of it`;
  return { kind: "action", atMs, text };
}
