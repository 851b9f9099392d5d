import type { ActionRecord, History, LedgerRow, LoadRecord } from "../../spec/history.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { held, inconclusive, observed, unsupported, violated } from "../finding.ts";
import { reloads, whyNoReloadSeen } from "../reload-windows.ts";

export const generationOrder = {
  "generation/no-going-back": noGoingBack,
  "generation/mixed-window": mixedWindow,
};

// On one connection straight at the application server no answer comes from an older generation than an answer before it.
function noGoingBack(history: History): Finding {
  const kept = history.loads.filter(({ connections, mode }) => connections === "kept-alive" && mode === "open-loop");
  const direct = kept.filter(({ door }) => door === "direct");
  // Behind a proxy each request of a connection may meet another one.
  const loads = direct.length > 0 || history.target.role !== "app-server" ? direct : kept;
  const reason = whyNoReloadSeen(history, loads);
  const firstMs = reloads(history)[0]?.startedMs ?? Number.POSITIVE_INFINITY;
  let trials = 0;
  const steps: Evidence[] = [];
  for (const load of loads) {
    for (const [earlier, later] of consecutive(load)) {
      if (later.sentMs < firstMs) continue;
      trials++;
      if (later.generation < earlier.generation) steps.push(stepBack(load, earlier, later));
    }
  }
  if (reason && steps.length === 0) return inconclusive(reason);
  const carriesOne = !loads.some((load) => [...load.ledger.rows()].some(({ reused }) => reused));
  if (carriesOne) return unsupported("the application server ends every connection after one answer");
  if (trials === 0) return inconclusive("no connection carried two requests while a reload took place");
  const text = `${trials} answers that followed another on their connection after the first reload, ${steps.length} of them from an older generation than it`;
  if (steps.length === 0) return held(trials, text);
  return violated({
    trials,
    violations: steps.length,
    expected: "generations that never decrease on one connection",
    observed: text,
    evidence: steps,
  });
}

/** Good answers one after the other on the same connection. */
function* consecutive(load: LoadRecord): Iterable<readonly [LedgerRow, LedgerRow]> {
  const last = new Map<number, LedgerRow>();
  for (const row of load.ledger.rows()) {
    if (row.outcome !== "ok" || row.generation === 0) continue;
    const earlier = last.get(row.connection);
    if (earlier) yield [earlier, row];
    last.set(row.connection, row);
  }
}

function stepBack(load: LoadRecord, earlier: LedgerRow, later: LedgerRow): Evidence {
  const of = ({ id, worker, generation }: LedgerRow): string => `${id} by pid ${worker} of generation ${generation}`;
  return {
    kind: "request",
    atMs: later.sentMs,
    text: `connection ${later.connection} of ${load.name}: ${of(earlier)}, then ${of(later)}`,
  };
}

// How long both generations answer fresh requests during a reload is measured and reported.
function mixedWindow(history: History): Finding {
  const loads = history.loads.filter(({ connections }) => connections === "fresh");
  const reason = whyNoReloadSeen(history, loads);
  if (reason) return inconclusive(reason);
  const done = reloads(history);
  const lengths = done.map((action, position) => mixedMs(loads, action, done[position + 1]?.startedMs));
  const sorted = lengths.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const clean = lengths.filter((ms) => ms === 0).length;
  return observed(
    done.length,
    `both generations answered fresh requests for ${middle.toFixed(0)} ms in the median of ${done.length} reloads, ` +
      `for ${(sorted.at(-1) ?? 0).toFixed(0)} ms in the longest, not at all in ${clean}`,
  );
}

/** From the first answer of the new generation to the last of an older one. */
function mixedMs(loads: History["loads"], action: ActionRecord, untilMs = Number.POSITIVE_INFINITY): number {
  let firstNewMs = Number.POSITIVE_INFINITY;
  let lastOldMs = Number.NEGATIVE_INFINITY;
  for (const load of loads) {
    for (const { outcome, generation, firstByteMs } of load.ledger.rows()) {
      if (outcome !== "ok" || firstByteMs < action.startedMs || firstByteMs > untilMs) continue;
      if (generation >= action.generation) firstNewMs = Math.min(firstNewMs, firstByteMs);
      else lastOldMs = Math.max(lastOldMs, firstByteMs);
    }
  }
  return Math.max(0, lastOldMs - firstNewMs);
}
