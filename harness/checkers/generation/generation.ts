import type { ActionRecord, History, ProcessSample } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { held, inconclusive, unsupported, violated } from "../finding.ts";
import { reloads, whyNoReloadSeen } from "../reload-windows.ts";
import { type Culprit, culprits, evidenceOf } from "../request-evidence.ts";
import { generationsByPid } from "../served-by.ts";

export const generation = {
  "generation/new-code-serves": newCodeServes,
  "generation/every-worker-replaced": everyWorkerReplaced,
};

// Once a reload has settled, no answer comes from the old code.
function newCodeServes(history: History): Finding {
  const done = reloads(history);
  if (done.length === 0) return inconclusive("no reload took place");
  const failed = done.find(({ error }) => error !== undefined);
  const answers = culprits(history.loads, ({ outcome }) => outcome === "ok");
  if (answers.length > 0 && answers.every(({ row }) => row.generation === 0)) {
    return unsupported("the answers do not tell which generation they come from");
  }
  let trials = 0;
  let untold = 0;
  const stale: Culprit[] = [];
  // Who claims the probe contract tells the generation in each answer; another may not, or its header names no releases.
  const isUntold = ({ row }: Culprit): boolean =>
    row.generation === 0 && !history.target.capabilities.includes("contract");
  for (const [position, action] of done.entries()) {
    if (action.error !== undefined) continue;
    const fromMs = Math.min(action.settledMs ?? Number.POSITIVE_INFINITY, action.settleDeadlineMs);
    const toMs = done[position + 1]?.startedMs ?? Number.POSITIVE_INFINITY;
    const after = culprits(history.loads, (row) => row.outcome === "ok" && row.sentMs > fromMs && row.sentMs < toMs);
    if (after.length === 0 && action.servedMs === undefined) {
      return inconclusive(`nothing was answered after the settle time of reload ${action.index}`);
    }
    trials += after.length;
    untold += after.filter(isUntold).length;
    stale.push(...after.filter((answer) => answer.row.generation < action.generation && !isUntold(answer)));
  }
  if (stale.length === 0 && failed) {
    return inconclusive(`reload ${failed.index} could not be asked for: ${failed.error}`);
  }
  if (trials === 0) return inconclusive("nothing was answered after a reload had settled");
  if (stale.length === 0 && untold > 0)
    return inconclusive(
      `${untold} of ${trials} answers after a reload had settled do not tell which generation they come from`,
    );
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
  const done = reloads(history);
  const served = generationsByPid(history);
  const left = new Map<number, Evidence>();
  for (const action of done) {
    const sample = tableWhenSettled(history.processes.samples, action);
    if (!sample) return inconclusive(`the process table was not read after reload ${action.index} had settled`);
    for (const { pid, state, command } of sample.processes) {
      const generation = served.get(pid) ?? Number.POSITIVE_INFINITY;
      if (state === "Z" || generation >= action.generation || left.has(pid)) continue;
      const text = `pid ${pid} (${command}) served generation ${generation} and is alive ${(Math.max(sample.atMs, action.settledMs ?? action.settleDeadlineMs) - action.startedMs).toFixed(0)} ms after reload ${action.index} to generation ${action.generation}`;
      left.set(pid, { kind: "process", atMs: sample.atMs, text });
    }
  }
  // A number that the process table never showed may be one of another namespace: nothing is known of that process.
  const seen = new Set(history.processes.samples.flatMap(({ processes }) => processes.map(({ pid }) => pid)));
  const last = Math.max(...done.map(({ generation }) => generation));
  const trials = [...served].filter(([pid, generation]) => seen.has(pid) && generation < last).length;
  if (trials === 0)
    return inconclusive("the process table never showed a process that served an older generation, and no newer one");
  if (left.size === 0) return held(trials, `all of ${trials} processes that had served an older generation were gone`);
  return violated({
    trials,
    violations: left.size,
    expected: "no process of an older generation after the settle time",
    observed: `${left.size} of ${trials} still alive`,
    evidence: [...left.values()],
  });
}

/** Two looks at the table may be as far apart; twice that, for a machine that is busy. */
const BETWEEN_LOOKS_MS = 2 * LIMITS.sampleEveryMs;

/**
 * The process table as it was when the reload had settled, or when the time for that was over. Samples are kept where something
 * changed: what went long after the deadline was still there at the deadline, which only the sample before it tells.
 */
function tableWhenSettled(
  samples: readonly ProcessSample[],
  { settledMs, settleDeadlineMs }: ActionRecord,
): ProcessSample | undefined {
  const after = samples.find(({ atMs }) => atMs >= (settledMs ?? settleDeadlineMs));
  if (settledMs !== undefined || !after) return after;
  return samples.findLast(({ atMs }) => atMs <= settleDeadlineMs + BETWEEN_LOOKS_MS) ?? after;
}
