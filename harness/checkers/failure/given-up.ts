import type { History, ProcessFacts } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Finding } from "../../spec/verdict.ts";
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
import { decide, type Fault, inconclusive, unlessInDoubt, unsupported } from "../finding.ts";
import { casualties, goneMs, NEWS_MS } from "./killed-workers.ts";
import { observationsOf } from "../observations.ts";
import { pausedMs } from "../pauses.ts";
import { culprits, summarize } from "../request-evidence.ts";
import { describeStall, stallsIn } from "./stalls.ts";

// A replacement that never gets ready is given up after a time limit, and the old ones serve on.
export function neverReadyIsAbandoned(history: History): Finding {
  const { bootMs } = history.target;
  if (bootMs === undefined) return unsupported("the target file does not say when a replacement is given up (bootMs)");
  const windows = brokenWindows(history, "hang");
  if (windows.length === 0) return inconclusive("no release that never gets ready was reloaded");
  const started = windows.flatMap((window) => startedIn(history, window));
  if (started.length === 0) return inconclusive("no process was started for the release that never gets ready");
  const allowedMs = bootMs + LIMITS.giveUpMarginMs;
  const kept = started.filter(({ aliveMs }) => aliveMs > allowedMs);
  const givenUp = started.filter(({ goneMs }) => goneMs <= allowedMs);
  const { serving, idle } = servingBefore(history, windows);
  const lost = unservedIn(history, serving);
  const stalls = stallsAfter(history, serving);
  const finding = decide({
    trials: givenUp.length + kept.length + rowsIn(history.loads, windows),
    faults: [
      ...kept.map(({ process, firstMs, aliveMs }): Fault => {
        const text = `process ${process.pid}, started for a release that never gets ready, lived ${aliveMs.toFixed(0)} ms: ${process.command}`;
        return { count: 1, evidence: { kind: "process", atMs: firstMs, text } };
      }),
      ...mainLost(history, windows),
      ...servedAllTheSame(history, windows),
      ...stalls.faults,
      ...requestFaults(history, lost),
    ],
    expected: `what never gets ready is gone after the ${bootMs} ms that it may take to boot, and nothing lost meanwhile`,
    observed: [
      `${givenUp.length} of ${givenUp.length + kept.length} hanging processes given up` +
        (givenUp.length > 0
          ? `, the last after ${Math.max(...givenUp.map(({ goneMs }) => goneMs)).toFixed(0)} ms`
          : ""),
      `${lost.length} requests lost meanwhile${lost.length > 0 ? ` (${summarize(lost)})` : ""}`,
      ...describeStall(stalls),
    ].join("; "),
  });
  const [first] = started;
  const unseen =
    first && givenUp.length === 0
      ? `process ${first.process.pid} was still there after ${first.aliveMs.toFixed(0)} ms, and its end was not seen in time to tell`
      : undefined;
  return unlessInDoubt(unseen ?? idle ?? stalls.doubt, finding);
}

interface Started {
  readonly process: ProcessFacts;
  readonly firstMs: number;
  /** For how long it was there for certain, in the window. */
  readonly aliveMs: number;
  /** To the first look that did not; infinite if there was none in the window: what comes after it ends it, too. */
  readonly goneMs: number;
}

/** Processes that appeared in a window and never answered anything. */
function startedIn(history: History, { fromMs, toMs }: BrokenWindow): readonly Started[] {
  const { samples } = history.processes;
  const answering = new Set(culprits(history.loads, ({ worker }) => worker > 0).map(({ row }) => row.worker));
  const old = new Set<string>();
  const found = new Map<string, { process: ProcessFacts; firstMs: number }>();
  for (const { atMs, processes } of samples) {
    if (atMs >= toMs) break;
    for (const process of processes) {
      const key = identity(process);
      if (atMs < fromMs) old.add(key);
      if (old.has(key) || answering.has(process.pid) || found.has(key)) continue;
      found.set(key, { process, firstMs: atMs });
    }
  }
  return [...found].map(([key, { process, firstMs }]) => {
    const { aliveMs, goneMs } = endOf(history, (one) => identity(one) === key);
    return {
      process,
      firstMs,
      aliveMs: Math.max(0, Math.min(aliveMs, toMs) - firstMs),
      goneMs: goneMs < toMs ? goneMs - firstMs : Number.POSITIVE_INFINITY,
    };
  });
}

function identity({ pid, startTicks }: ProcessFacts): string {
  return `${pid}:${startTicks}`;
}

/**
 * Until when a process was there for certain (-Infinity if it never was), and when it was first missed. A look that shows
 * nothing new is not kept, so that it was there until shortly before the first that lacks it, if the suite did look.
 */
function endOf(
  history: History,
  isIt: (process: ProcessFacts) => boolean,
): { readonly aliveMs: number; readonly goneMs: number } {
  const { samples } = history.processes;
  const last = samples.findLastIndex(({ processes }) => processes.some((one) => isIt(one) && one.state !== "Z"));
  const seenMs = samples[last]?.atMs ?? Number.NEGATIVE_INFINITY;
  const goneMs = samples[last + 1]?.atMs ?? Number.POSITIVE_INFINITY;
  if (goneMs === Number.POSITIVE_INFINITY) return { aliveMs: seenMs, goneMs };
  return { aliveMs: Math.max(seenMs, goneMs - LIMITS.sampleEveryMs - pausedMs(history, seenMs, goneMs)), goneMs };
}

// A worker that stops answering is found and replaced.
export function hungWorkerReplaced(history: History): Finding {
  const { hangMs } = history.target;
  if (hangMs === undefined) return unsupported("the target file does not say when a hung worker is replaced (hangMs)");
  const hang = observationsOf(history, "signal", "hang").find(({ delivered }) => delivered);
  if (!hang) return inconclusive("no worker was stopped");
  const { pid, atMs } = hang;
  const endMs = goneMs(history, pid, atMs);
  const deadlineMs = atMs + hangMs + LIMITS.giveUpMarginMs;
  const lastMs = endOf(history, (process) => process.pid === pid).aliveMs;
  if (lastMs === Number.NEGATIVE_INFINITY)
    return inconclusive(`worker ${pid}, stopped, was never seen among the processes`);
  const faults: Fault[] = [];
  const blame = (text: string): void => void faults.push({ count: 1, evidence: { kind: "process", atMs, text } });
  if (lastMs > deadlineMs) blame(`worker ${pid}, stopped, was still there ${(deadlineMs - atMs).toFixed(0)} ms later`);
  for (const { misses } of observationsOf(history, "poll", "pool-after-hang")) {
    for (const { text } of misses) blame(`nobody came in place of worker ${pid}: ${text}`);
  }
  // Where one worker is all that there is, there are no others.
  const meanwhile = { fromMs: atMs, toMs: Math.min(endMs, deadlineMs), when: "of the other workers" };
  const stalls = stallsIn(history, history.loads, history.target.workers > 1 ? [meanwhile] : []);
  const { others, untold } = casualties(history, [{ pid, fromMs: atMs, killedMs: endMs, knownMs: endMs + NEWS_MS }]);
  const trials = culprits(history.loads, ({ intendedMs }) => intendedMs >= atMs).length;
  if (trials === 0) return inconclusive("no request was sent after the worker was stopped");
  const finding = decide({
    trials,
    faults: [...faults, ...stalls.faults, ...requestFaults(history, [...untold, ...others])],
    expected: `replaced within ${hangMs} ms and a little, the others serving meanwhile`,
    observed:
      (endMs <= deadlineMs
        ? `stopped worker ${pid} gone after ${(endMs - atMs).toFixed(0)} ms`
        : `stopped worker ${pid} never replaced`) +
      `; ${others.length} of ${trials} requests that it can't have had in hand lost or late` +
      (others.length > 0 ? ` (${summarize(others)})` : ""),
  });
  const unseen = endMs > deadlineMs ? `nobody looked when worker ${pid}, stopped, should have been gone` : undefined;
  return unlessInDoubt(unseen ?? stalls.doubt, finding);
}
