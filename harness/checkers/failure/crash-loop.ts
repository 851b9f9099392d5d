import { longestGapMs } from "../../client/timeline.ts";
import type { History } from "../../spec/history.ts";
import type { ProcessStarts } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, type Fault, inconclusive } from "../finding.ts";
import { firstMainMiss } from "./failure-windows.ts";
import { observationsOf } from "../observations.ts";

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
  const watches = observationsOf(history, "starts").filter(
    ({ name, count, endedMs }) => count > 0 && (name === CRASHES || !miss || miss.atMs > endedMs + NEXT_LOOK_MS),
  );
  if (watches.length === 0) return inconclusive(miss?.text ?? "no process was started that could have died again");
  const short = watches.find(({ startedMs, endedMs }) => endedMs - startedMs < SHORTEST_WATCH_MS);
  if (short) return inconclusive(`"${short.name}" was watched for ${seconds(short).toFixed(1)} s only`);
  const faults = watches.flatMap((watch) => [...tooManyStarts(history, watch), ...blockedService(history, watch)]);
  const absent = observationsOf(history, "poll", "pool-after-crashes")
    .flatMap(({ misses }) => misses)
    .map(({ atMs, text }): Fault => ({
      count: 1,
      evidence: { kind: "process", atMs, text: `not whole again: ${text}` },
    }));
  return decide({
    trials: watches.reduce((sum, { count }) => sum + count, 0),
    faults: [...faults, ...absent],
    expected: "starts that grow rarer, requests served meanwhile, and all workers back in the end",
    observed: watches.map((watch) => describe(history, watch)).join("; "),
  });
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

/** Nobody answers a generator that asks nothing: what it was late itself is taken off. */
function blockedService({ loads, target }: History, { name, startedMs, endedMs }: ProcessStarts): readonly Fault[] {
  return loads
    .filter(({ connections, mode }) => connections === "fresh" && mode === "open-loop")
    .flatMap((load) => {
      const gapMs = longestGapMs(load.ledger.rows(), startedMs, endedMs) - load.lateness.max;
      if (gapMs <= target.budget.stallMs) return [];
      const text = `${load.name}: ${gapMs.toFixed(0)} ms without a good answer (${name})`;
      return [{ count: 1, evidence: { kind: "timeline", atMs: startedMs, text } }];
    });
}

function describe({ target, loads }: History, watch: ProcessStarts): string {
  const { name, count, startedMs, endedMs } = watch;
  const fresh = loads.filter(({ connections, mode }) => connections === "fresh" && mode === "open-loop");
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
