import type { ActionRecord, History } from "../../spec/history.ts";
import type { Finding } from "../../spec/verdict.ts";
import { badConfigRefused } from "./bad-config.ts";
import { capacityFloor } from "./capacity.ts";
import { crashLoopBacksOff } from "./crash-loop.ts";
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
  whyNotTried,
} from "./failure-windows.ts";
import { decide, inconclusive, unlessInDoubt } from "../finding.ts";
import { whyNotAsked } from "../reload-windows.ts";
import { hungWorkerReplaced, neverReadyIsAbandoned } from "./given-up.ts";
import { killedWorkerCostsItsOwn } from "./killed-workers.ts";
import { summarize } from "../request-evidence.ts";
import { describeStall } from "./stalls.ts";

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
  const { serving, idle } = servingBefore(history, windows);
  const lost = unservedIn(history, serving);
  const gone = mainLost(history, windows);
  const served = servedAllTheSame(history, windows);
  const stalls = stallsAfter(history, gone.length > 0 ? [] : serving);
  const finding = decide({
    trials: rows,
    faults: [...gone, ...served, ...stalls.faults, ...requestFaults(history, lost)],
    expected: "every request answered by the old release, the main process the same",
    observed: [
      `${lost.length} of ${rows} requests lost after ${windows.length} reloads to a release that fails to load`,
      ...(lost.length > 0 ? [summarize(lost)] : []),
      gone.length > 0 ? "the main process did not survive it" : "the main process stayed",
      ...(served.length > 0 ? ["the broken release answered"] : []),
      ...describeStall(stalls),
    ].join("; "),
  });
  return unlessInDoubt(idle ?? stalls.doubt, finding);
}

// After a reload that failed, the next good release is taken up.
function recoversAfterFailedReload(history: History): Finding {
  const all = recoveries(history);
  if (all.length === 0) return inconclusive("no reload to a good release followed one that had to fail");
  const [doubt] = all.flatMap((recovery) => whyNoRecovery(history, recovery) ?? []);
  const pairs = all.filter((recovery) => whyNoRecovery(history, recovery) === undefined);
  if (pairs.length === 0) return inconclusive(doubt ?? "");
  const stuck = pairs.filter(({ good }) => good.servedMs === undefined);
  const took = pairs.flatMap(({ good }) => (good.servedMs === undefined ? [] : [good.servedMs - good.startedMs]));
  const finding = decide({
    trials: pairs.length,
    faults: stuck.map(({ broken, good }) => ({
      count: 1,
      evidence: {
        kind: "action",
        atMs: good.startedMs,
        text:
          `reload ${good.index}, to generation ${good.generation}, after reload ${broken.at(-1)?.action.index} (${broken.at(-1)?.action.release}): ` +
          (good.error ?? `not serving alone ${(good.settleDeadlineMs - good.startedMs).toFixed(0)} ms after it`),
      },
    })),
    expected: "the good release serves after each reload that failed",
    observed:
      `${pairs.length - stuck.length} of ${pairs.length} good releases served after a reload that failed` +
      (took.length > 0 ? `, the slowest after ${Math.max(...took).toFixed(0)} ms` : ""),
  });
  return unlessInDoubt(doubt, finding);
}

interface Recovery {
  readonly broken: readonly BrokenWindow[];
  readonly good: ActionRecord;
}

/** Each good reload right after one that had to fail, or after several in a row. */
function recoveries(history: History): readonly Recovery[] {
  const windows = brokenWindows(history);
  const reloads = history.actions.filter(({ kind }) => kind === "reload");
  return reloads.flatMap((good, index) => {
    if (good.release !== "ok") return [];
    const since = reloads.slice(0, index).findLastIndex(({ release }) => release === "ok");
    const failing = reloads.slice(since + 1, index);
    return failing.length === 0 ? [] : [{ broken: windows.filter(({ action }) => failing.includes(action)), good }];
  });
}

/** Why a good reload did not have to recover from anything, or could not. A target whose main process is gone could have. */
function whyNoRecovery(history: History, { broken, good }: Recovery): string | undefined {
  const untried = broken.map((window) => whyNotTried(history, window));
  if (untried.every((reason) => reason !== undefined)) return untried.at(-1);
  if (mainLost(history, broken).length > 0) return undefined;
  return whyNotAsked(good) ?? whyBrokenOff({ broken, good });
}

/** Whether the good reload was refused for one that the suite itself had broken off: its command can't put things in order any more. */
function whyBrokenOff({ broken, good }: Recovery): string | undefined {
  const last = broken.at(-1)?.action;
  const brokenOff = last && whyNotAsked(last);
  return brokenOff && good.refused ? `${brokenOff}; and reload ${good.index} was refused: ${good.error}` : undefined;
}
