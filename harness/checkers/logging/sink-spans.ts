import type { History, LedgerRow } from "../../spec/history.ts";
import type { SinkEvent } from "../../spec/observation.ts";
import type { Fault } from "../finding.ts";
import { observationsOf } from "../observations.ts";

/** A log that grows by more without its reader has another one. */
const STRAY_BYTES = 16 * 1024;

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The time between two changes of the reader; in words if they were not made, or had no effect. */
export function spanOf(history: History, from: SinkEvent, to: SinkEvent): Span | string {
  const [first] = observationsOf(history, "sink", from);
  const [second] = observationsOf(history, "sink", to);
  if (!first || !second) return `the scenario did not come to "${first ? to : from}" the reader of the log`;
  if (!first.done || !second.done) return `nobody read the log whom it was possible to "${first.done ? to : from}"`;
  if (second.logBytes - first.logBytes > STRAY_BYTES) {
    return `process ${first.pid} does not read the log, or not alone: it grew by ${second.logBytes - first.logBytes} bytes meanwhile`;
  }
  return { fromMs: first.atMs, toMs: second.atMs };
}

/** Requests that were sent in the span, or were under way when it began. */
export function rowsWithin({ loads }: History, { fromMs, toMs }: Span): LedgerRow[] {
  return loads.flatMap(({ ledger }) =>
    [...ledger.rows()].filter((row) => row.intendedMs <= toMs && endOf(row) >= fromMs),
  );
}

export function endOf({ doneMs }: LedgerRow): number {
  return Number.isNaN(doneMs) ? Number.POSITIVE_INFINITY : doneMs;
}

export function describeRow({ outcome, sentMs, doneMs }: LedgerRow): string {
  return `${outcome} after ${(doneMs - sentMs).toFixed(0)} ms`;
}

export function requestFault(row: LedgerRow, what: string): Fault {
  const who = row.worker > 0 ? ` (pid ${row.worker})` : "";
  return { count: 1, evidence: { kind: "request", atMs: row.sentMs, text: `request ${row.id}${who}: ${what}` } };
}
