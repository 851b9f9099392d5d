import type { ActionRecord, History } from "../../spec/history.ts";
import type { ProcessLook } from "../../spec/control-observation.ts";
import type { Episode } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import {
  actionsIn,
  describeLosses,
  describeProcess,
  episodesOf,
  everReloads,
  lossesIn,
  newestAnswerIn,
  processesBeyond,
  requestsIn,
} from "../episodes.ts";
import { decide, type Fault, inconclusive, unsupported } from "../finding.ts";
import { observationsOf } from "../observations.ts";

/** Rules on signals to a server that serves. */
export const signals = {
  "lifecycle/no-signal-lost": noSignalLost,
  "lifecycle/storm-coalesces": stormCoalesces,
  "lifecycle/reopen-restarts-nothing": reopenRestartsNothing,
  "lifecycle/group-signal-safe": groupSignalSafe,
  "lifecycle/worker-count-signals": workerCountSignals,
};

// A reload that is asked for while another one is under way takes effect as well: whatever was deployed last serves in the end.
function noSignalLost(history: History): Finding {
  const pairs = episodesOf(history, "pair").map((episode) => ({
    episode,
    reloads: actionsIn(history, episode, "reload"),
  }));
  const doubt = whyNotAsked(
    history,
    pairs.map(({ episode }) => episode),
    pairs.flatMap(({ reloads }) => reloads),
  );
  if (doubt) return inconclusive(doubt);
  const faults: Fault[] = [];
  const offsets: string[] = [];
  for (const { episode, reloads } of pairs) {
    const [first, second] = reloads;
    if (!first || !second) return inconclusive("a pair of reloads was not asked for twice");
    const offsetMs = second.startedMs - first.startedMs;
    offsets.push(offsetMs.toFixed(0));
    if (second.servedMs !== undefined) continue;
    const newest = newestAnswerIn(history, episode);
    if (!everReloads(history) && lossesIn(history, [episode]).length === 0)
      return inconclusive("no answer ever came from a newer generation: no reload had an effect");
    faults.push({
      count: 1,
      evidence: {
        kind: "action",
        atMs: second.startedMs,
        text: `reload ${second.index}, ${offsetMs.toFixed(1)} ms after reload ${first.index}: generation ${second.generation} was asked for and did not come to serve alone within ${(second.settleDeadlineMs - second.startedMs).toFixed(0)} ms; the newest that answered was ${newest}`,
      },
    });
  }
  return decide({
    trials: pairs.length,
    faults,
    expected: "the release that was deployed last, whatever the moment of its signal",
    observed: `${faults.length} of ${pairs.length} second reloads lost, asked for ${offsets.join(", ")} ms after the first`,
  });
}

/** In a storm: one cohort in force, one that boots, and two on their way out. */
const COHORTS_BESIDES = 3;

// Twenty reloads at once end on the release that was deployed last, with a bounded number of processes on the way and no request lost.
function stormCoalesces(history: History): Finding {
  const [episode] = episodesOf(history, "storm");
  const [base] = observationsOf(history, "processes", "base");
  if (!episode || !base) return inconclusive("no storm of reloads took place");
  const reloads = actionsIn(history, episode, "reload");
  const doubt = whyNotAsked(history, [episode], reloads) ?? whyIdle(history, [episode]);
  if (doubt) return inconclusive(doubt);
  const [first, last] = [reloads[0], reloads.at(-1)];
  if (!first || !last) return inconclusive("no storm of reloads took place");
  const losses = lossesIn(history, [episode]);
  if (!everReloads(history) && losses.length === 0)
    return inconclusive("no answer ever came from a newer generation: no reload had an effect");
  const cap = base.processes.length + COHORTS_BESIDES * history.target.workers;
  const peak = mostProcesses(history, episode);
  const faults: Fault[] = [...losses];
  if (last.servedMs === undefined) {
    const text = `generation ${last.generation}, asked for by the last of the reloads, did not come to serve alone; the newest that answered was ${newestAnswerIn(history, episode)}`;
    faults.push({ count: 1, evidence: { kind: "action", atMs: last.startedMs, text } });
  }
  if (peak.count > cap) {
    const text = `${peak.count} processes at ${peak.atMs.toFixed(0)} ms, ${(peak.atMs - first.startedMs).toFixed(0)} ms after the first signal`;
    faults.push({ count: peak.count - cap, evidence: { kind: "process", atMs: peak.atMs, text } });
  }
  const ended = last.servedMs === undefined ? "the last generation never served" : "ended on the last generation";
  return decide({
    trials: reloads.length + requestsIn(history, [episode]),
    faults,
    expected: `the last generation, no request lost, and at most ${cap} processes: the ${base.processes.length} of before, and beside the workers in force one cohort of ${history.target.workers} that boots and two that leave`,
    observed: `${reloads.length} reloads in ${(last.startedMs - first.startedMs).toFixed(0)} ms: ${ended}, at most ${peak.count} processes (cap ${cap}), ${describeLosses(history, [episode])}`,
  });
}

// The signal to reopen the logs changes no process and loses no request.
function reopenRestartsNothing(history: History): Finding {
  if (!history.target.actions.includes("reopen")) return unsupported("the target file does not say how to reopen");
  const [episode] = episodesOf(history, "reopen");
  const [before] = observationsOf(history, "processes", "before-reopen");
  const [after] = observationsOf(history, "processes", "after-reopen");
  const asked = episode ? actionsIn(history, episode, "reopen") : [];
  if (!episode || !before || !after || asked.length === 0) return inconclusive("the logs were not reopened");
  const doubt = whyNotAsked(history, [episode], asked) ?? whyIdle(history, [episode]);
  if (doubt) return inconclusive(doubt);
  const gone = processesBeyond(before, after);
  const come = processesBeyond(after, before);
  const faults: Fault[] = [
    ...gone.map((process) => ({ count: 1, evidence: describeProcess(process, after.atMs, "gone") })),
    ...come.map((process) => ({ count: 1, evidence: describeProcess(process, after.atMs, "new") })),
    ...lossesIn(history, [episode]),
  ];
  return decide({
    trials: before.processes.length + requestsIn(history, [episode]),
    faults,
    expected: `the same ${before.processes.length} processes as before, and no request lost`,
    observed: `${gone.length} of ${before.processes.length} processes gone, ${come.length} new, ${describeLosses(history, [episode])}`,
  });
}

// The signal to reload, sent to the whole process group of the server, is as safe as if it were sent to the main process alone.
function groupSignalSafe(history: History): Finding {
  if (history.target.reloadSignal === undefined)
    return unsupported("a reload is more than one signal to the main process");
  const sent = observationsOf(history, "signal", "group");
  if (sent.length === 0) return inconclusive("the process group was sent no signal");
  if (sent.every(({ delivered }) => !delivered)) return unsupported("the main process has no process group of its own");
  const episodes = episodesOf(history, "group");
  const reloads = episodes.flatMap((episode) => actionsIn(history, episode, "reload"));
  const losses = lossesIn(history, episodes);
  const doubt = whyNotAsked(history, episodes, reloads) ?? whyIdle(history, episodes);
  if (doubt && losses.length === 0) return inconclusive(doubt);
  const lasts = episodes.flatMap((episode) => actionsIn(history, episode, "reload").slice(-1));
  const unserved = lasts.filter(({ servedMs }) => servedMs === undefined);
  const faults: Fault[] = [
    ...losses,
    ...unserved.map((action) => ({
      count: 1,
      evidence: {
        kind: "action" as const,
        atMs: action.startedMs,
        text: `reload ${action.index}: generation ${action.generation} did not come to serve alone`,
      },
    })),
  ];
  const heldCount = history.held.filter(({ action }) => reloads.some(({ index }) => index === action)).length;
  return decide({
    trials: requestsIn(history, episodes) + heldCount + lasts.length,
    faults,
    expected: "the new generation serves and no request is lost, those in flight included",
    observed: `${sent.length} signals to the process group: ${unserved.length} of ${lasts.length} reloads without effect, ${describeLosses(history, episodes)}`,
  });
}

// The signals for one worker more and one fewer change the number of processes by one, and lose no request.
function workerCountSignals(history: History): Finding {
  const missing = (["addWorker", "removeWorker"] as const).filter((name) => !history.target.actions.includes(name));
  if (missing.length > 0) return unsupported(`the target file does not say how to ${missing.join(", ")}`);
  const episodes = episodesOf(history, "resize");
  const asked = episodes.flatMap((episode) => [
    ...actionsIn(history, episode, "addWorker"),
    ...actionsIn(history, episode, "removeWorker"),
  ]);
  if (asked.length === 0) return inconclusive("the number of workers was not changed");
  const doubt = whyNotAsked(history, episodes, asked) ?? whyIdle(history, episodes);
  if (doubt) return inconclusive(doubt);
  const before = observationsOf(history, "processes", "before-add");
  const more = observationsOf(history, "processes", "after-add");
  const fewer = observationsOf(history, "processes", "after-remove");
  const faults: Fault[] = [...lossesIn(history, episodes)];
  const counts: string[] = [];
  for (const [index, base] of before.entries()) {
    const [grown, shrunk] = [more[index], fewer[index]];
    if (!grown || !shrunk) return inconclusive("the process table was not read after each signal");
    counts.push([base, grown, shrunk].map(({ processes }) => processes.length).join("-"));
    faults.push(...growthFaults(base, grown), ...shrinkFaults(base, shrunk));
  }
  return decide({
    trials: asked.length + requestsIn(history, episodes),
    faults,
    expected: "one process more after the first signal, as many as before after the second, and no request lost",
    observed: `processes before, with one more, with one fewer: ${counts.join(", ")}; ${describeLosses(history, episodes)}`,
  });
}

function growthFaults(base: ProcessLook, grown: ProcessLook): readonly Fault[] {
  const gone = processesBeyond(base, grown);
  const come = processesBeyond(grown, base);
  const faults: Fault[] = gone.map((process) => ({
    count: 1,
    evidence: describeProcess(process, grown.atMs, "gone when one more was asked for"),
  }));
  if (come.length === 1) return faults;
  const text = `${come.length} processes came when one more was asked for`;
  return [...faults, { count: 1, evidence: { kind: "process", atMs: grown.atMs, text } }];
}

function shrinkFaults(base: ProcessLook, shrunk: ProcessLook): readonly Fault[] {
  const surplus = shrunk.processes.length - base.processes.length;
  if (surplus === 0) return [];
  const text = `${shrunk.processes.length} processes after one fewer was asked for, ${base.processes.length} before one more was`;
  return [{ count: Math.abs(surplus), evidence: { kind: "process", atMs: shrunk.atMs, text } }];
}

function mostProcesses({ processes }: History, { startedMs, endedMs }: Episode): { count: number; atMs: number } {
  let most = { count: 0, atMs: startedMs };
  for (const sample of processes.samples) {
    if (sample.atMs < startedMs || sample.atMs > endedMs) continue;
    const count = sample.processes.filter(({ state }) => state !== "Z").length;
    if (count > most.count) most = { count, atMs: sample.atMs };
  }
  return most;
}

function whyNotAsked(
  history: History,
  episodes: readonly Episode[],
  actions: readonly ActionRecord[],
): string | undefined {
  if (actions.length === 0) return "nothing was asked of the target";
  // Nobody could be asked because nobody is left: that is what came of it.
  if (episodes.some((episode) => isEndOf(history, episode))) return undefined;
  const failed = actions.find(({ error }) => error !== undefined);
  return failed && `${failed.kind} ${failed.index} could not be asked for: ${failed.error}`;
}

/** Whether all processes of the target ended in it. */
function isEndOf({ processes }: History, { startedMs, endedMs }: Episode): boolean {
  const isAlive = (ms: number): boolean | undefined =>
    processes.samples.findLast(({ atMs }) => atMs <= ms)?.processes.some(({ state }) => state !== "Z");
  return isAlive(startedMs) === true && isAlive(endedMs) === false;
}

function whyIdle(history: History, episodes: readonly Episode[]): string | undefined {
  return requestsIn(history, episodes) === 0 ? "no request on a fresh connection was under way meanwhile" : undefined;
}
