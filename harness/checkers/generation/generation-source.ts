import type { ActionRecord, History, LedgerRow } from "../../spec/history.ts";
import type { ExchangeSeen } from "../../spec/observation.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { held, inconclusive, violated } from "../finding.ts";
import { observationsOf } from "../observations.ts";
import { reloads, whyNotAsked } from "../reload-windows.ts";
import { culprits, evidenceOf } from "../request-evidence.ts";

/* Rules on where the processes that a reload starts have their code and their settings from. */
export const generationSource = {
  "generation/symlink-resolved-again": symlinkResolvedAgain,
  "generation/environment-applied": environmentApplied,
  "generation/preload-is-honest": preloadIsHonest,
};

// Processes that a reload starts run the release that the `current` link names at the reload, not the one at the start.
function symlinkResolvedAgain(history: History): Finding {
  const done = reloads(history);
  if (done.length === 0) return inconclusive("no reload took place");
  const failed = done.find(({ error }) => error !== undefined);
  if (failed) return inconclusive(`reload ${failed.index} could not be asked for: ${failed.error}`);
  let trials = 0;
  const stale: Evidence[] = [];
  for (const [position, action] of done.entries()) {
    const started = startedBy(history, action, done[position + 1]);
    if (started.size === 0) {
      return inconclusive(`no process that reload ${action.index} had started answered after its settle time`);
    }
    trials += started.size;
    for (const [pid, row] of started) {
      if (row.generation >= action.generation) continue;
      const text = `pid ${pid} came after reload ${action.index} and answered ${row.id} with generation ${row.generation}, ${(row.sentMs - action.startedMs).toFixed(0)} ms after it; the link named generation ${action.generation}`;
      stale.push({ kind: "process", atMs: row.sentMs, text });
    }
  }
  if (stale.length === 0)
    return held(trials, `all of ${trials} processes that the reloads had started ran the release of the link`);
  return violated({
    trials,
    violations: stale.length,
    expected: "new processes with the code of the release that the link names",
    observed: `${stale.length} of ${trials} processes that the reloads had started ran an older release`,
    evidence: stale,
  });
}

/**
 * Processes that the table first showed after the signal, each with its oldest answer from after the settle time: before that a
 * worker that died may have been replaced by its like, for the release to come had not taken over yet.
 */
function startedBy(
  history: History,
  action: ActionRecord,
  next: ActionRecord | undefined,
): ReadonlyMap<number, LedgerRow> {
  const fromMs = Math.min(action.settledMs ?? Number.POSITIVE_INFINITY, action.settleDeadlineMs);
  const toMs = next?.startedMs ?? Number.POSITIVE_INFINITY;
  const before = new Set<number>();
  const after = new Set<number>();
  for (const { atMs, processes } of history.processes.samples) {
    for (const { pid } of processes) (atMs <= action.startedMs ? before : after).add(pid);
  }
  const found = new Map<number, LedgerRow>();
  for (const load of history.loads) {
    for (const row of load.ledger.rows()) {
      const { outcome, worker, generation, sentMs } = row;
      if (outcome !== "ok" || !(sentMs > fromMs) || sentMs >= toMs) continue;
      // A number that the process table never showed may be one of another namespace: nothing is known of that process.
      if (before.has(worker) || !after.has(worker)) continue;
      if (generation < (found.get(worker)?.generation ?? Number.POSITIVE_INFINITY)) found.set(worker, row);
    }
  }
  return found;
}

// With the application loaded in the main process, a reload never reports success and keeps the old code.
function preloadIsHonest(history: History): Finding {
  const [reload] = reloads(history);
  if (!reload) return inconclusive("no reload took place");
  const fromMs = Math.min(reload.settledMs ?? Number.POSITIVE_INFINITY, reload.settleDeadlineMs);
  const after = culprits(history.loads, ({ outcome, sentMs }) => outcome === "ok" && sentMs > fromMs);
  if (after.length === 0) return inconclusive("nothing was answered after the settle time");
  const stale = after.filter(({ row }) => row.generation < reload.generation);
  if (stale.length === 0)
    return held(after.length, `all of ${after.length} answers after the reload came from the new code`);
  // Whoever says that the new code was not taken up may keep the old one.
  if (reload.refused) return held(1, `the reload was reported as failed, and the old code kept: ${reload.error}`);
  const unasked = whyNotAsked(reload);
  if (unasked !== undefined) return inconclusive(unasked);
  const renewed = [...startedBy(history, reload, undefined).keys()];
  // A signal is answered by what the server does: new workers are what a reload looks like. A command says it in words.
  if (renewed.length === 0 && reload.output === undefined) {
    return inconclusive(
      "the old code stayed, but nothing looked like a reload that succeeded: no process was replaced",
    );
  }
  const success =
    renewed.length > 0 ? `brought ${renewed.length} new processes` : `succeeded, saying "${reload.output}"`;
  return violated({
    trials: after.length,
    violations: stale.length,
    expected: "the new code in force, or a reload that is reported as failed",
    observed: `the reload ${success}, and ${stale.length} of ${after.length} answers after it came from the old code`,
    evidence: evidenceOf(history, stale),
  });
}

// Settings that a release brings along are in force once its code is.
function environmentApplied(history: History): Finding {
  const [reload] = reloads(history);
  if (!reload) return inconclusive("no reload took place");
  if (reload.error !== undefined) return inconclusive(`the reload could not be asked for: ${reload.error}`);
  const before = observationsOf(history, "exchange", "setting-before").map(settingOf);
  const after = observationsOf(history, "exchange", "setting-after");
  // What the old code answers is another rule's business.
  const answers = after.filter(({ row }) => row.outcome === "ok" && row.generation >= reload.generation);
  if (answers.length === 0) return inconclusive("the new code was never asked for its settings");
  const old = before[0];
  if (old === undefined || before.some((setting) => setting !== old)) {
    return inconclusive("before the reload the application did not tell one setting");
  }
  const stale = answers.filter((answer) => [old, undefined].includes(settingOf(answer)));
  const told = [...new Set(answers.map((answer) => settingOf(answer) ?? "none"))].join(", ");
  const text = `setting ${old} before the reload, ${told} in ${answers.length} answers of the new code`;
  if (stale.length === 0) return held(answers.length, text);
  return violated({
    trials: answers.length,
    violations: stale.length,
    expected: "the setting that the new release brought along",
    observed: text,
    evidence: stale.map(({ row, body }) => ({
      kind: "request",
      atMs: row.sentMs,
      text: `${row.id}, answered by pid ${row.worker} of generation ${row.generation}: ${body.slice(0, 200)}`,
    })),
  });
}

function settingOf({ body }: ExchangeSeen): string | undefined {
  return /"setting": *"([^"]*)"/.exec(body)?.[1];
}
