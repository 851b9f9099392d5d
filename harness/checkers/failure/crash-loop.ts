import { longestGapMs } from "../../client/timeline.ts";
import type { History, LoadRecord } from "../../spec/history.ts";
import type { ProcessStarts } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, type Fault, inconclusive, unlessInDoubt } from "../finding.ts";
import { firstMainMiss } from "./failure-windows.ts";
import { observationsOf } from "../observations.ts";
import { stallsIn } from "./stalls.ts";

/**
 * For each worker two starts at once, then two a second: what an attempt and its repetition need, and more than any back-off
 * that grows, or waits a second, comes to. Without any, a worker is started as often as it can die: ten to a hundred times a second.
 */
const STARTS_AT_ONCE = 2;
const STARTS_PER_SECOND = 2;
/** In less time there is no telling a loop from a second attempt. */
const SHORTEST_WATCH_MS = 1_500;

/** The watch in which each replacement is killed as soon as it is there. */
const CRASHES = "crash-loop";
/** The main process is looked at right after each watch. */
const NEXT_LOOK_MS = 500;

// A replacement that dies again and again is started ever more slowly, and never keeps others from serving.
export function crashLoopBacksOff(history: History): Finding {
  const miss = firstMainMiss(history);
  // A main process that did not survive the first attempt makes no second one: that is another rule's business.
  const all = observationsOf(history, "starts").filter(
    ({ name, count, endedMs }) => count > 0 && (name === CRASHES || !miss || miss.atMs > endedMs + NEXT_LOOK_MS),
  );
  if (all.length === 0) return inconclusive(miss?.text ?? "no process was started that could have died again");
  const watches = all.filter((watch) => sawDeath(history, watch));
  if (watches.length === 0) return inconclusive("none of the processes that were started died");
  const short = watches.find(({ startedMs, endedMs }) => endedMs - startedMs < SHORTEST_WATCH_MS);
  if (short) return inconclusive(`"${short.name}" was watched for ${seconds(short).toFixed(1)} s only`);
  // Where one worker is all that there is, there are no others while it is killed.
  const hasOthers = ({ name }: ProcessStarts): boolean => name !== CRASHES || history.target.workers > 1;
  const stalls = stallsIn(
    history,
    freshLoads(history),
    watches
      .filter(hasOthers)
      .map(({ name, startedMs, endedMs }) => ({ fromMs: startedMs, toMs: endedMs, when: `(${name})` })),
  );
  const absent = observationsOf(history, "poll", "pool-after-crashes")
    .flatMap(({ misses }) => misses)
    .map(({ atMs, text }): Fault => ({
      count: 1,
      evidence: { kind: "process", atMs, text: `not whole again: ${text}` },
    }));
  const finding = decide({
    trials: watches.reduce((sum, { count }) => sum + count, 0),
    faults: [...watches.flatMap((watch) => tooManyStarts(history, watch)), ...stalls.faults, ...absent],
    expected: "starts that grow rarer, requests served meanwhile, and all workers back in the end",
    observed: watches.map((watch) => describe(history, watch)).join("; "),
  });
  return unlessInDoubt(stalls.doubt, finding);
}

function tooManyStarts({ target }: History, watch: ProcessStarts): readonly Fault[] {
  const cap = capOf(target.workers, watch);
  if (watch.count <= cap) return [];
  const first = watch.started
    .slice(0, 5)
    .map(({ pid, atMs }) => `${pid} after ${(atMs - watch.startedMs).toFixed(0)} ms`);
  const text = `${watch.count} processes started in ${seconds(watch).toFixed(1)} s (${watch.name}), at most ${cap} allowed: ${first.join(", ")} ...`;
  return [{ count: watch.count - cap, evidence: { kind: "process", atMs: watch.startedMs, text } }];
}

/** Whether one that was started in the watch was gone at its end; one that died too fast to be seen is as good. */
function sawDeath({ processes: { samples } }: History, { started, endedMs }: ProcessStarts): boolean {
  const after = samples.find(({ atMs }) => atMs >= endedMs) ?? samples.at(-1);
  if (!after) return false;
  const alive = new Set(after.processes.flatMap(({ pid, state }) => (state === "Z" ? [] : [pid])));
  return started.some(({ pid, atMs }) => atMs < after.atMs && !alive.has(pid));
}

function freshLoads({ loads }: History): readonly LoadRecord[] {
  return loads.filter(({ connections, mode }) => connections === "fresh" && mode === "open-loop");
}

function describe(history: History, watch: ProcessStarts): string {
  const { target } = history;
  const { name, count, startedMs, endedMs } = watch;
  const fresh = freshLoads(history);
  const gapMs = Math.max(0, ...fresh.map(({ ledger }) => longestGapMs(ledger.rows(), startedMs, endedMs)));
  return (
    `${name}: ${count} processes started in ${seconds(watch).toFixed(1)} s (at most ${capOf(target.workers, watch)}), ` +
    `longest time without a good answer ${gapMs.toFixed(0)} ms`
  );
}

function capOf(workers: number, watch: ProcessStarts): number {
  // One worker and those in its place are killed; as much again for whatever else the server may start meanwhile.
  const dying = watch.name === CRASHES ? 2 : workers;
  return Math.floor(dying * (STARTS_AT_ONCE + STARTS_PER_SECOND * seconds(watch)));
}

function seconds({ startedMs, endedMs }: ProcessStarts): number {
  return (endedMs - startedMs) / 1_000;
}
