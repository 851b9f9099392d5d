import { longestGapMs } from "../../client/timeline.ts";
import type { History, ProcessFacts } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Finding } from "../../spec/verdict.ts";
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
import { decide, type Fault, inconclusive, unsupported } from "../finding.ts";
import { casualties, goneMs, NEWS_MS } from "./killed-workers.ts";
import { observationsOf } from "../observations.ts";
import { culprits, summarize } from "../request-evidence.ts";

// A replacement that never gets ready is given up after a time limit, and the old ones serve on.
export function neverReadyIsAbandoned(history: History): Finding {
  const { bootMs } = history.target;
  if (bootMs === undefined) return unsupported("the target file does not say when a replacement is given up (bootMs)");
  const windows = brokenWindows(history, "hang");
  if (windows.length === 0) return inconclusive("no release that never gets ready was reloaded");
  const started = windows.flatMap((window) => startedIn(history, window));
  if (started.length === 0) return inconclusive("no process was started for the release that never gets ready");
  const allowedMs = bootMs + LIMITS.giveUpMarginMs;
  const kept = started.filter(({ livedMs }) => livedMs > allowedMs);
  const lost = unservedIn(history, windows);
  const stalls = stalledIn(history, windows);
  const longest = Math.max(...started.map(({ livedMs }) => livedMs));
  return decide({
    trials: started.length + rowsIn(history.loads, windows),
    faults: [
      ...kept.map(({ process, firstMs, livedMs }): Fault => {
        const text = `process ${process.pid}, started for a release that never gets ready, lived ${livedMs.toFixed(0)} ms: ${process.command}`;
        return { count: 1, evidence: { kind: "process", atMs: firstMs, text } };
      }),
      ...mainLost(history, windows),
      ...servedAllTheSame(history, windows),
      ...stalls,
      ...requestFaults(history, lost),
    ],
    expected: `what never gets ready is gone after the ${bootMs} ms that it may take to boot, and nothing lost meanwhile`,
    observed: [
      `${started.length - kept.length} of ${started.length} hanging processes given up, the last after ${longest.toFixed(0)} ms`,
      `${lost.length} requests lost meanwhile${lost.length > 0 ? ` (${summarize(lost)})` : ""}`,
      ...describeStall(stalls),
    ].join("; "),
  });
}

interface Started {
  readonly process: ProcessFacts;
  readonly firstMs: number;
  /** To its end, or to that of the window. */
  readonly livedMs: number;
}

/** Processes that appeared in a window and never answered anything. */
function startedIn({ processes: { samples }, loads }: History, { fromMs, toMs }: BrokenWindow): readonly Started[] {
  const answering = new Set(culprits(loads, ({ worker }) => worker > 0).map(({ row }) => row.worker));
  const identity = ({ pid, startTicks }: ProcessFacts): string => `${pid}:${startTicks}`;
  const old = new Set<string>();
  const found = new Map<string, { process: ProcessFacts; firstMs: number; lastMs: number }>();
  for (const { atMs, processes } of samples) {
    for (const [key, one] of found) if (one.lastMs === toMs && !isIn(processes, key)) one.lastMs = Math.min(atMs, toMs);
    for (const process of processes) {
      if (atMs < fromMs) old.add(identity(process));
      if (atMs < fromMs || atMs >= toMs || old.has(identity(process)) || answering.has(process.pid)) continue;
      if (!found.has(identity(process))) found.set(identity(process), { process, firstMs: atMs, lastMs: toMs });
    }
  }
  return [...found.values()].map(({ process, firstMs, lastMs }) => ({ process, firstMs, livedMs: lastMs - firstMs }));

  function isIn(processes: readonly ProcessFacts[], key: string): boolean {
    return processes.some((process) => process.state !== "Z" && identity(process) === key);
  }
}

// A worker that stops answering is found and replaced.
export function hungWorkerReplaced(history: History): Finding {
  const { hangMs, budget } = history.target;
  if (hangMs === undefined) return unsupported("the target file does not say when a hung worker is replaced (hangMs)");
  const hang = observationsOf(history, "signal", "hang").find(({ delivered }) => delivered);
  if (!hang) return inconclusive("no worker was stopped");
  const { pid, atMs } = hang;
  const endMs = goneMs(history, pid, atMs);
  const deadlineMs = atMs + hangMs + LIMITS.giveUpMarginMs;
  const watchedMs = Math.min(endMs, deadlineMs);
  const faults: Fault[] = [];
  const blame = (text: string): void => void faults.push({ count: 1, evidence: { kind: "process", atMs, text } });
  if (endMs > deadlineMs) blame(`worker ${pid}, stopped, was still there ${(deadlineMs - atMs).toFixed(0)} ms later`);
  for (const { misses } of observationsOf(history, "poll", "pool-after-hang")) {
    for (const { text } of misses) blame(`nobody came in place of worker ${pid}: ${text}`);
  }
  const gaps = history.loads.map((load) => ({
    load,
    gapMs: longestGapMs(load.ledger.rows(), atMs, watchedMs) - load.lateness.max,
  }));
  for (const { load, gapMs } of gaps) {
    if (gapMs > budget.stallMs)
      blame(`${load.name}: ${gapMs.toFixed(0)} ms without a good answer of the other workers`);
  }
  const { others, untold } = casualties(history, [{ pid, fromMs: atMs, killedMs: endMs, knownMs: endMs + NEWS_MS }]);
  const trials = culprits(history.loads, ({ intendedMs }) => intendedMs >= atMs).length;
  if (trials === 0) return inconclusive("no request was sent after the worker was stopped");
  return decide({
    trials,
    faults: [...faults, ...requestFaults(history, [...untold, ...others])],
    expected: `replaced within ${hangMs} ms and a little, the others serving meanwhile`,
    observed:
      (endMs <= deadlineMs
        ? `stopped worker ${pid} gone after ${(endMs - atMs).toFixed(0)} ms`
        : `stopped worker ${pid} never replaced`) +
      `; ${others.length} of ${trials} requests that it can't have had in hand lost or late` +
      (others.length > 0 ? ` (${summarize(others)})` : ""),
  });
}
