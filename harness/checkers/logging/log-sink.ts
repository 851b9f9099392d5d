import type { History, LedgerRow, LogSnapshot } from "../../spec/history.ts";
import type { SinkEvent } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, type Fault } from "../finding.ts";
import { dropNotes } from "../log-reading.ts";
import { observationsOf } from "../observations.ts";

/** No pipe and no socket holds that much: whoever has written it without a reader has had to do something about it. */
const PIPE_HOLDS_BYTES = 1024 * 1024;
/** A log that grows by more without its reader has another one. */
const STRAY_BYTES = 16 * 1024;
/** Processes with nothing to do that use more of one core than this are spinning. */
const SPIN_SHARE = 0.3;
/** What is sent once the new reader is there. */
const RESTORED = /^(?:burst-)?restored/;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

// A sink that stalls does not stop serving, and what it costs of the log is counted in the log.
function stalledSink(history: History): Finding {
  const frozen = spanOf(history, "freeze", "resume");
  if (typeof frozen === "string") return inconclusive(frozen);
  const snapshot = history.logs.find(({ atMs }) => atMs >= frozen.toMs);
  if (!snapshot) return inconclusive("the log was not read after its reader went on");
  const asked = new Map(history.bursts.flatMap(({ requests }) => requests.map((request) => [request.id, request])));
  const rows = rowsWithin(history, frozen);
  const askedBytes = rows.reduce((sum, { id }) => sum + (asked.get(id)?.records ?? 0) * (asked.get(id)?.bytes ?? 0), 0);
  if (askedBytes < PIPE_HOLDS_BYTES) {
    return inconclusive(
      `${askedBytes} bytes of records were asked for while the reader stood still: too few to be felt`,
    );
  }
  const { stallMs } = history.target.budget;
  const waited = (row: LedgerRow): number => Math.min(endOf(row), frozen.toMs) - Math.max(row.sentMs, frozen.fromMs);
  const heldUp = rows.filter((row) => {
    if (row.outcome === "unsent") return false;
    // Writing all these records is work: such a request may take its time, but not until the reader goes on.
    if (asked.has(row.id)) return waited(row) > stallMs && endOf(row) > frozen.toMs;
    return waited(row) > stallMs || (row.outcome !== "ok" && endOf(row) <= frozen.toMs);
  });
  const missing = missingOf(history, snapshot, asked);
  const untold = Math.max(0, missing - snapshot.droppedRecords);
  const longestMs = Math.max(0, ...rows.filter(({ id }) => !asked.has(id)).map(waited));
  return decide({
    trials: rows.length,
    faults: [
      ...heldUp.map((row) => requestFault(row, `${describeRow(row)} while the reader of the log stood still`)),
      ...(untold > 0 ? untoldFaults(snapshot, untold) : []),
      ...dropNotes(snapshot),
    ],
    expected: `every request answered although nobody takes the log, ordinary ones within ${stallMs} ms; each missing record counted in a record \`dropped\``,
    observed:
      `the reader of the log stood still for ${(frozen.toMs - frozen.fromMs).toFixed(0)} ms and ${askedBytes} bytes: ` +
      `${heldUp.length} of ${rows.length} requests held up, ordinary ones at most ${longestMs.toFixed(0)} ms; ` +
      `${missing} records missing, the log tells of ${snapshot.droppedRecords}`,
  });
}

/**
 * Gaps in the sequences of the writers, or what the answered requests lack: a writer who did not go on has no gap, and what
 * belongs to no request is missed by its gap only.
 */
function missingOf(
  { loads }: History,
  { writers, requests, atMs }: LogSnapshot,
  asked: ReadonlyMap<string, { readonly records: number }>,
): number {
  let lacking = 0;
  for (const { ledger } of loads) {
    for (const { id, outcome, doneMs } of ledger.rows()) {
      if (outcome !== "ok" || doneMs > atMs) continue;
      const { received = 0, answered = 0, records = 0 } = requests.get(id) ?? {};
      lacking += Number(received === 0) + Number(answered === 0) + Math.max(0, (asked.get(id)?.records ?? 0) - records);
    }
  }
  const gaps = writers.reduce((sum, { missingCount }) => sum + missingCount, 0);
  return Math.max(gaps, lacking);
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

// Losing the reader of the log neither kills nor spins the server, and a new reader gets what is written from then on.
function lostReader(history: History): Finding {
  const lost = spanOf(history, "lose", "restore");
  if (typeof lost === "string") return inconclusive(lost);
  const rows = rowsWithin(history, lost);
  const after = history.loads.filter(({ name, startedMs }) => startedMs >= lost.toMs && RESTORED.test(name));
  const rowsAfter = after.flatMap(({ ledger }) => [...ledger.rows()]);
  const unanswered = [...rows, ...rowsAfter].filter(({ outcome }) => outcome !== "ok" && outcome !== "unsent");
  const dead = endedSince(history, lost.fromMs);
  const [cpu] = observationsOf(history, "cpu", "reader-lost");
  const share = cpu ? cpu.cpuSeconds / ((cpu.endedMs - cpu.startedMs) / 1_000) : 0;
  const snapshot = history.logs.findLast(({ atMs }) => atMs >= lost.toMs);
  const answeredAfter = rowsAfter.filter(({ outcome }) => outcome === "ok");
  const unlogged = answeredAfter.filter(({ id }) => {
    const { received = 0, answered = 0 } = snapshot?.requests.get(id) ?? {};
    return received === 0 || answered === 0;
  });
  const faults: Fault[] = [
    ...dead,
    ...(cpu && share > SPIN_SHARE ? [spinFault(cpu.busiest, share, cpu.startedMs)] : []),
    ...unanswered.map((row) => requestFault(row, `${describeRow(row)} with the reader of the log lost`)),
    ...(snapshot ? unlogged : []).map((row) =>
      requestFault(row, "answered, but the new reader got none or one of its records"),
    ),
  ];
  if (faults.length === 0) {
    if (rows.length === 0) return inconclusive("no request was under way while the log had no reader");
    if (!cpu) return inconclusive("the processes were not watched while the log had no reader");
    if (!snapshot || answeredAfter.length === 0)
      return inconclusive("nothing was answered and logged after the new reader came");
  }
  return decide({
    trials: rows.length + rowsAfter.length,
    faults,
    expected: `all processes alive and at rest, every request answered, and both records of each that is sent to a new reader`,
    observed:
      `${dead.length} processes ended; ${(100 * share).toFixed(0)} % of a core used with nothing to do; ` +
      `${unanswered.length} of ${rows.length + rowsAfter.length} requests not answered; ` +
      `${unlogged.length} of ${answeredAfter.length} answers without their records after the new reader came`,
  });
}

/** Processes that were there at `fromMs` and are not any more at the end of the history. */
function endedSince({ processes: { samples } }: History, fromMs: number): Fault[] {
  const before = samples.findLast(({ atMs }) => atMs <= fromMs)?.processes ?? [];
  const last = samples.at(-1)?.processes ?? [];
  const gone = before.filter(
    ({ pid, startTicks, state }) =>
      state !== "Z" && !last.some((one) => one.pid === pid && one.startTicks === startTicks && one.state !== "Z"),
  );
  return gone.map(({ pid, command }) => {
    const atMs = samples.find(
      (sample) => sample.atMs > fromMs && !sample.processes.some((one) => one.pid === pid),
    )?.atMs;
    const text = `process ${pid} (${command}) ended after the reader of the log was lost`;
    return { count: 1, evidence: { kind: "process", text, ...(atMs !== undefined && { atMs }) } };
  });
}

function spinFault(
  busiest: { readonly pid: number; readonly command: string; readonly cpuSeconds: number } | undefined,
  share: number,
  atMs: number,
): Fault {
  const who = busiest
    ? `, ${busiest.cpuSeconds.toFixed(2)} s of it by process ${busiest.pid} (${busiest.command})`
    : "";
  const text = `${(100 * share).toFixed(0)} % of a core used while nothing was asked of the target${who}`;
  return { count: 1, evidence: { kind: "process", atMs, text } };
}

/** The time between two changes of the reader; in words if they were not made, or had no effect. */
function spanOf(history: History, from: SinkEvent, to: SinkEvent): Span | string {
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
function rowsWithin({ loads }: History, { fromMs, toMs }: Span): LedgerRow[] {
  return loads.flatMap(({ ledger }) =>
    [...ledger.rows()].filter((row) => row.intendedMs <= toMs && endOf(row) >= fromMs),
  );
}

function endOf({ doneMs }: LedgerRow): number {
  return Number.isNaN(doneMs) ? Number.POSITIVE_INFINITY : doneMs;
}

function describeRow({ outcome, sentMs, doneMs }: LedgerRow): string {
  return `${outcome} after ${(doneMs - sentMs).toFixed(0)} ms`;
}

function requestFault(row: LedgerRow, what: string): Fault {
  const who = row.worker > 0 ? ` (pid ${row.worker})` : "";
  return { count: 1, evidence: { kind: "request", atMs: row.sentMs, text: `request ${row.id}${who}: ${what}` } };
}

export const logSink = {
  "logging/stalled-sink": stalledSink,
  "logging/lost-reader": lostReader,
} as const;
