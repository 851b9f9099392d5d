import type { ActionRecord, History, ProcessSample } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { held, inconclusive, violated } from "../finding.ts";
import { reloads, whyNoReloadSeen } from "../reload-windows.ts";
import { type Culprit, culprits, evidenceOf } from "../request-evidence.ts";

export const generation = {
  "generation/new-code-serves": newCodeServes,
  "generation/every-worker-replaced": everyWorkerReplaced,
};

// Once a reload has settled, no answer comes from the old code.
function newCodeServes(history: History): Finding {
  const done = reloads(history);
  if (done.length === 0) return inconclusive("no reload took place");
  const failed = done.find(({ error }) => error !== undefined);
  if (failed) return inconclusive(`reload ${failed.index} could not be asked for: ${failed.error}`);
  let trials = 0;
  const stale: Culprit[] = [];
  for (const [position, action] of done.entries()) {
    const fromMs = Math.min(action.settledMs ?? Number.POSITIVE_INFINITY, action.settleDeadlineMs);
    const toMs = done[position + 1]?.startedMs ?? Number.POSITIVE_INFINITY;
    const after = culprits(history.loads, (row) => row.outcome === "ok" && row.sentMs > fromMs && row.sentMs < toMs);
    if (after.length === 0 && action.servedMs === undefined) {
      return inconclusive(`nothing was answered after the settle time of reload ${action.index}`);
    }
    trials += after.length;
    stale.push(...after.filter(({ row }) => row.generation < action.generation));
  }
  if (trials === 0) return inconclusive("nothing was answered after a reload had settled");
  if (stale.length === 0)
    return held(trials, `${trials} answers after ${done.length} reloads had settled, all of the new generation`);
  return violated({
    trials,
    violations: stale.length,
    expected: "answers of the new generation only, once the reload has settled",
    observed: `${stale.length} of ${trials} answers came from an older generation`,
    evidence: evidenceOf(history, stale),
  });
}

// After the settle time no process that served the old generation is alive.
function everyWorkerReplaced(history: History): Finding {
  const reason = whyNoReloadSeen(history, history.loads);
  if (reason) return inconclusive(reason);
  let trials = 0;
  const evidence: Evidence[] = [];
  const seen = new Set(history.processes.samples.flatMap(({ processes }) => processes.map(({ pid }) => pid)));
  for (const action of reloads(history)) {
    const old = pidsOfOlder(history, action);
    const sample = firstSampleAfter(history.processes.samples, action.settledMs ?? action.settleDeadlineMs);
    if (!sample) return inconclusive(`the process table was not read after reload ${action.index} had settled`);
    // A number that the process table never showed may be one of another namespace: nothing is known of that process.
    trials += [...old.keys()].filter((pid) => seen.has(pid)).length;
    for (const process of sample.processes) {
      if (process.state !== "Z" && old.has(process.pid)) {
        const text = `pid ${process.pid} (${process.command}) served generation ${old.get(process.pid)} and is alive ${(sample.atMs - action.startedMs).toFixed(0)} ms after reload ${action.index} to generation ${action.generation}`;
        evidence.push({ kind: "process", atMs: sample.atMs, text });
      }
    }
  }
  if (trials === 0) return inconclusive("no answer named a process that the process table ever showed");
  if (evidence.length === 0)
    return held(trials, `all of ${trials} processes that had served an older generation were gone`);
  return violated({
    trials,
    violations: evidence.length,
    expected: "no process of an older generation after the settle time",
    observed: `${evidence.length} of ${trials} still alive`,
    evidence: evidence.slice(0, LIMITS.evidenceItems),
  });
}

/** Processes that answered with a generation older than the one of `action`, before it was asked for. */
function pidsOfOlder(history: History, action: ActionRecord): ReadonlyMap<number, number> {
  const pids = new Map<number, number>();
  for (const load of history.loads) {
    for (const row of load.ledger.rows()) {
      if (row.worker > 0 && row.generation > 0 && row.generation < action.generation)
        pids.set(row.worker, row.generation);
    }
  }
  return pids;
}

function firstSampleAfter(samples: readonly ProcessSample[], atMs: number): ProcessSample | undefined {
  return samples.find((sample) => sample.atMs >= atMs);
}
