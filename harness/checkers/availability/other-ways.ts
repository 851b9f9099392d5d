import type { History, ProcessSample } from "../../spec/history.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { availability } from "./availability.ts";
import { held, inconclusive, violated } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { reloads, reloadWindows, whyNoReloadSeen } from "../reload-windows.ts";
import { describeClasses, requestClasses } from "../request-classes.ts";
import { waitingConnections } from "./waiting-connections.ts";
import { countRows, culprits, evidenceOf, summarize } from "../request-evidence.ts";

/* Availability of servers that run in another way than most: one worker, recycled workers, a unix socket. */
export const otherWays = {
  "availability/single-worker-no-gap": singleWorkerNoGap,
  "availability/unix-socket-stays": unixSocketStays,
  "availability/recycling-loses-nothing": recyclingLosesNothing,
  "availability/reuseport-loses-nothing": reuseportLosesNothing,
};

// A pool of one worker reloads without a gap.
function singleWorkerNoGap(history: History): Finding {
  if (history.target.workers !== 1) return inconclusive(`the pool had ${history.target.workers} workers`);
  const [first] = reloads(history);
  const before = workersIn(history, (sentMs) => sentMs < (first?.startedMs ?? 0));
  if (first && before.size > 1) {
    return inconclusive(`told to run one worker, the server answered with ${before.size} of them before the reload`);
  }
  const lost = availability["availability/reload-loses-nothing"](history);
  if (lost.outcome !== "held") return lost;
  const gap = availability["availability/old-serves-until-new-ready"](history);
  return gap.outcome === "held" ? held(lost.trials, `one worker: ${lost.observed}; ${gap.observed}`) : gap;
}

// A unix socket's path can be connected to at every moment of a reload.
function unixSocketStays(history: History): Finding {
  const [poll] = observationsOf(history, "poll", "socket-path");
  if (!poll || poll.looks === 0) return inconclusive("nobody connected to the path");
  const loads = history.loads.filter(({ connections }) => connections === "fresh");
  const missed = culprits(loads, ({ outcome }) => outcome === "refused" || outcome === "connect-timeout");
  const misses = poll.missCount + missed.length;
  const windows = reloadWindows(history);
  const unseen = windows.find(({ fromMs, toMs }) => poll.startedMs > fromMs || poll.endedMs < toMs);
  const reason =
    whyNoReloadSeen(history, loads) ??
    (unseen && `nobody connected to the path during all of reload ${unseen.action.index}`);
  if (reason && misses === 0) return inconclusive(reason);
  const firstMs = windows[0]?.fromMs ?? Number.POSITIVE_INFINITY;
  const wasBefore =
    poll.missCount === poll.misses.length &&
    poll.misses.every(({ atMs }) => atMs < firstMs) &&
    missed.every(({ row }) => row.doneMs < firstMs);
  if (misses > 0 && wasBefore) {
    return inconclusive(`${misses} connections to the path found nobody before any reload, none after it`);
  }
  const trials = poll.looks + countRows(loads);
  const everyMs = (poll.endedMs - poll.startedMs) / poll.looks;
  const text = `${poll.looks} connections to the path in ${windows.length} reloads, one every ${everyMs.toFixed(1)} ms, and ${countRows(loads)} requests: ${misses} found nobody`;
  if (misses === 0) return held(trials, text);
  const missedLooks = poll.misses.map(({ atMs, text }): Evidence => {
    const reload = reloads(history).findLast(({ startedMs }) => startedMs <= atMs);
    const relative = reload ? `, ${(atMs - reload.startedMs).toFixed(1)} ms after reload ${reload.index}` : "";
    return { kind: "file", atMs, text: `connecting to the path at ${atMs.toFixed(1)} ms${relative}: ${text}` };
  });
  return violated({
    trials,
    violations: misses,
    expected: "a socket at the path that takes connections at every moment",
    observed: text,
    evidence: [...missedLooks, ...evidenceOf(history, missed)],
  });
}

/** Fewer are no sign that workers are recycled at all. */
const LEAST_REPLACED = 3;

// Recycling workers after so many requests loses no request on a fresh connection.
function recyclingLosesNothing(history: History): Finding {
  if (reloads(history).length > 0) return inconclusive("a reload replaced the workers");
  const loads = history.loads.filter(({ mode }) => mode === "open-loop");
  const workers = workersIn(history, () => true);
  const replaced = goneOf(workers, history);
  const lost = culprits(loads, ({ reused, outcome }) => !reused && outcome !== "ok");
  // A worker whose end cost requests may never have answered one; then few seem to have been replaced.
  if (replaced < LEAST_REPLACED && lost.length === 0) {
    return inconclusive(`of ${workers.size} processes that answered ${replaced} were replaced`);
  }
  const text = `${replaced} workers replaced without a reload; ${describeClasses(requestClasses(loads))}`;
  const trials = culprits(loads, ({ reused }) => !reused).length;
  if (lost.length === 0) return held(trials, text);
  return violated({
    trials,
    violations: lost.length,
    expected: "each id answered exactly once, completely, with a 2xx",
    observed: `${lost.length} lost on fresh connections (${summarize(lost)}); ${text}`,
    evidence: evidenceOf(history, lost),
  });
}

// With one SO_REUSEPORT listener per worker a reload loses neither requests nor what waits in the queue of a listener.
function reuseportLosesNothing(history: History): Finding {
  const looks = observationsOf(history, "listen-queue");
  const sockets = Math.max(0, ...looks.map((look) => look.sockets));
  if (sockets < 2) return inconclusive(`${sockets} sockets listened on the port: none of them was one of several`);
  const queue = waitingConnections["availability/backlog-survives"](history);
  const load = availability["availability/reload-loses-nothing"](history);
  const parts = [queue, load];
  const broken = parts.filter((part) => part.outcome === "violated");
  const text = parts.flatMap((part) => ("observed" in part ? [part.observed] : []));
  const observed = `${sockets} listeners on one port: ${text.join("; ")}`;
  const trials = parts.reduce((sum, part) => sum + ("trials" in part ? part.trials : 0), 0);
  if (broken.length > 0) {
    return violated({
      trials,
      violations: broken.reduce((sum, { violations }) => sum + violations, 0),
      expected: "an answer to every request, those in the queues of the old listeners included",
      observed,
      evidence: broken.flatMap(({ evidence }) => evidence),
    });
  }
  return parts.find(({ outcome }) => outcome !== "held") ?? held(trials, observed);
}

/**
 * How many of them were there and are not any more. That more answered than there were to be workers shows nothing: a server may
 * have more processes.
 */
function goneOf(workers: ReadonlySet<number>, { processes: { samples } }: History): number {
  const alive = ({ processes }: ProcessSample): number[] =>
    processes.flatMap(({ pid, state }) => (state === "Z" ? [] : [pid]));
  const left = new Set(samples.slice(-1).flatMap(alive));
  return [...new Set(samples.flatMap(alive))].filter((pid) => workers.has(pid) && !left.has(pid)).length;
}

/** Processes that answered requests sent at such a time. */
function workersIn({ loads }: History, isMeant: (sentMs: number) => boolean): ReadonlySet<number> {
  const workers = new Set<number>();
  for (const load of loads) {
    for (const { worker, sentMs } of load.ledger.rows()) if (worker > 0 && isMeant(sentMs)) workers.add(worker);
  }
  return workers;
}
