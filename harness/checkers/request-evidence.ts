import type { Evidence } from "../spec/verdict.ts";
import type { History, LedgerRow, LoadRecord } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";

/** A row that breaks a rule, with the load that it belongs to. */
export interface Culprit {
  readonly load: LoadRecord;
  readonly row: LedgerRow;
}

/** All rows of `loads` for which `isCulprit` holds, in order. */
export function culprits(
  loads: readonly LoadRecord[],
  isCulprit: (row: LedgerRow, load: LoadRecord) => boolean,
): readonly Culprit[] {
  const found: Culprit[] = [];
  for (const load of loads) {
    for (const row of load.ledger.rows()) if (isCulprit(row, load)) found.push({ load, row });
  }
  return found;
}

export function countRows(loads: readonly LoadRecord[]): number {
  return loads.reduce((sum, { intended }) => sum + intended, 0);
}

const NOTABLE_WAIT_MS = 10;

/** The first few culprits, each with its time after the reload that it belongs to. */
export function evidenceOf(history: History, found: readonly Culprit[]): readonly Evidence[] {
  return found.slice(0, LIMITS.evidenceItems).map(({ load, row }) => ({
    kind: "request" as const,
    atMs: row.intendedMs,
    text: describeRow(history, load, row),
  }));
}

/** "3 reset-before-answer-reused, 1 refused" */
export function summarize(found: readonly Culprit[]): string {
  const counts = new Map<string, number>();
  for (const { row } of found) counts.set(row.outcome, (counts.get(row.outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", ");
}

export function describeRow(history: History, load: LoadRecord, row: LedgerRow): string {
  const asked = history.actions.filter(({ kind }) => kind === "reload");
  const reload = asked.findLast(({ startedMs }) => startedMs <= row.intendedMs || startedMs <= row.doneMs);
  const relative = reload ? ` (${signed(row.intendedMs - reload.startedMs)} ms to reload ${reload.index})` : "";
  const took = Number.isNaN(row.doneMs) ? "never ended" : `ended after ${(row.doneMs - row.intendedMs).toFixed(1)} ms`;
  const connection = `${row.reused ? "reused" : "fresh"} connection ${row.connection}`;
  const answer = row.worker > 0 ? `, answered by pid ${row.worker} of generation ${row.generation}` : "";
  return (
    `${row.method} ${row.id} of ${load.name}: ${row.outcome} on ${connection}, ` +
    `intended at ${row.intendedMs.toFixed(1)} ms${relative}${sent(row)}, ${took}${answer}${came(row)}`
  );
}

/** Behind others on its connection a request leaves later than it should: what the server did counts from then. */
function sent({ intendedMs, sentMs }: LedgerRow): string {
  return sentMs - intendedMs >= NOTABLE_WAIT_MS ? `, sent ${(sentMs - intendedMs).toFixed(1)} ms after that` : "";
}

function came({ received }: LedgerRow): string {
  return received === undefined ? "" : `; what came began with ${JSON.stringify(received)}`;
}

function signed(ms: number): string {
  return `${ms >= 0 ? "+" : ""}${ms.toFixed(1)}`;
}
