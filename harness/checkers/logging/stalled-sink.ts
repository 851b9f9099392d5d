import type { History, LedgerRow, LogSnapshot } from "../../spec/history.ts";
import type { Outcome } from "../../spec/outcome.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, type Fault } from "../finding.ts";
import { cutInTwo, dropNotes, mayBeRotatedAway } from "../log-reading.ts";
import { pausedMs } from "../pauses.ts";
import { describeRow, endOf, requestFault, rowsWithin, spanOf, type Span } from "./sink-spans.ts";

/** No pipe and no socket holds that much: whoever has written it without a reader has had to do something about it. */
const PIPE_HOLDS_BYTES = 1024 * 1024;
/** What is sent before, while the reader is at work. */
const UNFROZEN = /^(?:burst-)?unfrozen/;
/** It is the suite that ends a request so: its own pause may have brought the deadline about. */
const DEADLINES: readonly Outcome[] = ["hung", "connect-timeout"];

type Asked = ReadonlyMap<string, { readonly records: number; readonly bytes: number }>;

// A sink that stalls does not stop serving, and what it costs of the log is counted in the log.
export function stalledSink(history: History): Finding {
  const frozen = spanOf(history, "freeze", "resume");
  if (typeof frozen === "string") return inconclusive(frozen);
  const snapshot = history.logs.find(({ atMs }) => atMs >= frozen.toMs);
  if (!snapshot) return inconclusive("the log was not read after its reader went on");
  const asked: Asked = new Map(history.bursts.flatMap(({ requests }) => requests.map((one) => [one.id, one])));
  const rows = rowsWithin(history, frozen);
  const askedBytes = rows.reduce((sum, { id }) => sum + (asked.get(id)?.records ?? 0) * (asked.get(id)?.bytes ?? 0), 0);
  if (askedBytes < PIPE_HOLDS_BYTES) {
    return inconclusive(
      `${askedBytes} bytes of records were asked for while the reader stood still: too few to be felt`,
    );
  }
  const heldUp = rows.filter((row) => isHeldUp(history, row, frozen, asked));
  const excuse = heldUp.length > 0 ? whyNotTheReader(history, heldUp, frozen, asked) : undefined;
  const missing = missingOf(history, snapshot, asked);
  const untold = Math.max(0, missing - snapshot.droppedRecords);
  const mayBeGone = untold > 0 && mayBeRotatedAway(history.target, snapshot);
  const faults = [
    ...(excuse === undefined ? heldUp : []).map((row) =>
      requestFault(row, `${describeRow(row)} while the reader of the log stood still`),
    ),
    ...(untold > 0 && !mayBeGone ? untoldFaults(snapshot, untold) : []),
  ];
  if (faults.length === 0 && excuse !== undefined) return inconclusive(excuse);
  if (faults.length === 0 && mayBeGone) {
    return inconclusive(`${untold} records are missing untold, but may have been rotated away`);
  }
  const { stallMs } = history.target.budget;
  const ordinary = rows.filter(({ id, outcome }) => !asked.has(id) && outcome !== "unsent");
  const longestMs = Math.max(0, ...ordinary.map((row) => waitedMs(row, frozen)));
  return decide({
    trials: rows.length,
    faults: [...faults, ...dropNotes(snapshot)],
    expected: `every request answered although nobody takes the log, ordinary ones within ${stallMs} ms; each missing record counted in a record \`dropped\``,
    observed:
      `the reader of the log stood still for ${(frozen.toMs - frozen.fromMs).toFixed(0)} ms and ${askedBytes} bytes: ` +
      `${heldUp.length} of ${rows.length} requests held up, ordinary ones at most ${longestMs.toFixed(0)} ms; ` +
      `${missing} records missing, the log tells of ${snapshot.droppedRecords}`,
  });
}

function isHeldUp({ target }: History, row: LedgerRow, span: Span, asked: Asked): boolean {
  if (row.outcome === "unsent") return false;
  const isStalled = waitedMs(row, span) > target.budget.stallMs;
  // Writing all these records is work: such a request may take its time, but not until the reader goes on.
  if (asked.has(row.id)) return isStalled && endOf(row) > span.toMs;
  return isStalled || (row.outcome !== "ok" && endOf(row) <= span.toMs);
}

/** Why requests were held up by something else than the log; undefined if there is nothing else to be seen. */
function whyNotTheReader(
  history: History,
  heldUp: readonly LedgerRow[],
  frozen: Span,
  asked: Asked,
): string | undefined {
  const { stallMs } = history.target.budget;
  const isStillHeldUp = (row: LedgerRow): boolean => {
    const [fromMs, toMs] = within(row, frozen);
    const paused = pausedMs(history, fromMs, toMs);
    if (toMs - fromMs - paused > stallMs) return true;
    return row.outcome !== "ok" && endOf(row) <= frozen.toMs && !(DEADLINES.includes(row.outcome) && paused > 0);
  };
  if (!heldUp.some(isStillHeldUp)) {
    const paused = pausedMs(history, frozen.fromMs, frozen.toMs).toFixed(0);
    return `${heldUp.length} requests were held up, but the suite itself did not get to run for ${paused} ms meanwhile`;
  }
  const loads = history.loads.filter(({ name, endedMs }) => UNFROZEN.test(name) && endedMs <= frozen.fromMs);
  if (loads.length === 0)
    return "requests were held up, but the same was not asked for with the reader of the log at work";
  const fromMs = Math.min(...loads.map(({ startedMs }) => startedMs));
  // As if it had stood still for as long then; ordinary requests are looked at beyond that as well.
  const toMs = fromMs + frozen.toMs - frozen.fromMs;
  const rows = loads.flatMap(({ ledger }) => [...ledger.rows()]);
  const slow = rows.filter((row) => {
    const paused = pausedMs(history, row.sentMs, endOf(row));
    if (asked.has(row.id)) return row.outcome !== "ok" || endOf(row) - paused > toMs;
    return row.outcome !== "ok" || endOf(row) - row.sentMs - paused > stallMs;
  });
  if (slow.length === 0) return undefined;
  return `with the reader of the log at work ${slow.length} of ${rows.length} requests were held up as well`;
}

function waitedMs(row: LedgerRow, span: Span): number {
  const [fromMs, toMs] = within(row, span);
  return toMs - fromMs;
}

/** The part of the span in which the request was under way. */
function within(row: LedgerRow, { fromMs, toMs }: Span): readonly [number, number] {
  return [Math.max(row.sentMs, fromMs), Math.min(endOf(row), toMs)];
}

/**
 * Gaps in the sequences of the writers, or what the answered requests lack: a writer who did not go on has no gap, and what
 * belongs to no request is missed by its gap only. What was only cut in two is not missing.
 */
function missingOf({ loads }: History, snapshot: LogSnapshot, asked: Asked): number {
  const { writers, requests, atMs } = snapshot;
  let lacking = 0;
  for (const { ledger } of loads) {
    for (const { id, outcome, doneMs } of ledger.rows()) {
      if (outcome !== "ok" || doneMs > atMs) continue;
      const { received = 0, answered = 0, records = 0 } = requests.get(id) ?? {};
      lacking += Number(received === 0) + Number(answered === 0) + Math.max(0, (asked.get(id)?.records ?? 0) - records);
    }
  }
  const gaps = writers.reduce((sum, { missingCount }) => sum + missingCount, 0);
  return Math.max(0, Math.max(gaps, lacking) - cutInTwo(snapshot));
}

function untoldFaults({ writers, atMs }: LogSnapshot, untold: number): Fault[] {
  const total: Fault = { count: untold, evidence: { kind: "log", atMs, text: `${untold} records are missing untold` } };
  const gaps = writers.filter(({ missingCount }) => missingCount > 0);
  const places = gaps.map(({ writer, pid, missingCount, gapAt }): Fault => {
    const place = gapAt ? `, the first before ${gapAt.file} at byte ${gapAt.offset}` : "";
    const text = `writer ${writer} (pid ${pid}): ${missingCount} records missing${place}`;
    return { count: 0, evidence: { kind: "log", atMs, text } };
  });
  return [total, ...places];
}
