import type { ActionRecord, History } from "../../spec/history.ts";
import type { Finding } from "../../spec/verdict.ts";
import { badConfigRefused } from "./bad-config.ts";
import { capacityFloor } from "./capacity.ts";
import { crashLoopBacksOff } from "./crash-loop.ts";
import {
  brokenWindows,
  describeStall,
  mainLost,
  requestFaults,
  rowsIn,
  servedAllTheSame,
  stalledIn,
  unservedIn,
  whyNotTried,
} from "./failure-windows.ts";
import { decide, inconclusive } from "../finding.ts";
import { hungWorkerReplaced, neverReadyIsAbandoned } from "./given-up.ts";
import { killedWorkerCostsItsOwn } from "./killed-workers.ts";
import { summarize } from "../request-evidence.ts";

export const failure = {
  "failure/broken-release-keeps-old": brokenReleaseKeepsOld,
  "failure/bad-config-refused": badConfigRefused,
  "failure/recovers-after-failed-reload": recoversAfterFailedReload,
  "failure/crash-loop-backs-off": crashLoopBacksOff,
  "failure/never-ready-is-abandoned": neverReadyIsAbandoned,
  "failure/capacity-floor": capacityFloor,
  "failure/killed-worker-costs-its-own": killedWorkerCostsItsOwn,
  "failure/hung-worker-replaced": hungWorkerReplaced,
};

// A reload to a release that fails to load leaves the old one serving, and loses nothing.
function brokenReleaseKeepsOld(history: History): Finding {
  const windows = brokenWindows(history, "fail");
  if (windows.length === 0) return inconclusive("no release that fails to load was reloaded");
  const untried = windows.map((window) => whyNotTried(history, window)).find((reason) => reason !== undefined);
  if (untried !== undefined) return inconclusive(untried);
  const rows = rowsIn(history.loads, windows);
  if (rows === 0) return inconclusive("no request was sent while a broken release was reloaded");
  const lost = unservedIn(history, windows);
  const gone = mainLost(history, windows);
  const served = servedAllTheSame(history, windows);
  const stalls = gone.length > 0 ? [] : stalledIn(history, windows);
  return decide({
    trials: rows,
    faults: [...gone, ...served, ...stalls, ...requestFaults(history, lost)],
    expected: "every request answered by the old release, the main process the same",
    observed: [
      `${lost.length} of ${rows} requests lost after ${windows.length} reloads to a release that fails to load`,
      ...(lost.length > 0 ? [summarize(lost)] : []),
      gone.length > 0 ? "the main process did not survive it" : "the main process stayed",
      ...(served.length > 0 ? ["the broken release answered"] : []),
      ...describeStall(stalls),
    ].join("; "),
  });
}

// After a reload that failed, the next good release is taken up.
function recoversAfterFailedReload(history: History): Finding {
  const pairs = recoveries(history);
  if (pairs.length === 0) return inconclusive("no reload to a good release followed one that had to fail");
  const unasked = pairs.find(({ good }) => good.error !== undefined);
  const [first] = brokenWindows(history, pairs[0]?.broken.release ?? "fail");
  const gone = mainLost(history, first ? [first] : []).length > 0;
  if (unasked && !gone)
    return inconclusive(`reload ${unasked.good.index} could not be asked for: ${unasked.good.error}`);
  const stuck = pairs.filter(({ good }) => good.servedMs === undefined);
  const took = pairs.flatMap(({ good }) => (good.servedMs === undefined ? [] : [good.servedMs - good.startedMs]));
  return decide({
    trials: pairs.length,
    faults: stuck.map(({ broken, good }) => ({
      count: 1,
      evidence: {
        kind: "action",
        atMs: good.startedMs,
        text:
          `reload ${good.index}, to generation ${good.generation}, after reload ${broken.index} (${broken.release}): ` +
          (good.error ?? `not serving alone ${(good.settleDeadlineMs - good.startedMs).toFixed(0)} ms after it`),
      },
    })),
    expected: "the good release serves after each reload that failed",
    observed:
      `${pairs.length - stuck.length} of ${pairs.length} good releases served after a reload that failed` +
      (took.length > 0 ? `, the slowest after ${Math.max(...took).toFixed(0)} ms` : ""),
  });
}

interface Recovery {
  readonly broken: ActionRecord;
  readonly good: ActionRecord;
}

/** Each reload that had to fail, with the good one right after it; several in a row have one together. */
function recoveries({ actions }: History): readonly Recovery[] {
  const reloads = actions.filter(({ kind }) => kind === "reload");
  return reloads.flatMap((good, index) => {
    const broken = reloads[index - 1];
    return broken && broken.release !== "ok" && good.release === "ok" ? [{ broken, good }] : [];
  });
}
