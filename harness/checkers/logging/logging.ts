import type { History, LedgerRow, LogSnapshot, RequestLogFacts } from "../../spec/history.ts";
import type { Evidence, Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, type Fault } from "../finding.ts";
import {
  burstFaults,
  damageFaults,
  dropNotes,
  isComplete,
  readingOf,
  readingsOf,
  sequenceFaults,
  unansweredOf,
  whyTooFewWriters,
} from "../log-reading.ts";

/** A record longer than this does not fit into a pipe's buffer at once. */
const LONG_RECORD_BYTES = 64 * 1024;
/** The snapshot that is taken when the target has exited. */
const AFTER_STOP = "after-stop";

// Every record that a worker wrote is in the log exactly once.
function everyRecordOnce(history: History): Finding {
  const written = history.logs.filter(({ records }) => records > 0);
  const readings = readingsOf(history);
  if (written.length === 0 && readings.every(({ askedRecords }) => askedRecords === 0)) return nothingLogged();
  const fitting = readings.filter(({ tooBig }) => tooBig === undefined);
  const faults = [...fitting.flatMap(burstFaults), ...sequenceFaults(history.target, written)];
  const [tooBig] = readings.flatMap(({ tooBig }) => tooBig ?? []);
  if (faults.length === 0 && tooBig !== undefined) return inconclusive(tooBig);
  const asked = fitting.reduce((sum, { askedRecords }) => sum + askedRecords, 0);
  if (faults.length === 0 && readings.length > 0 && asked === 0)
    return inconclusive("no burst of records was answered");
  const tooFew = whyTooFewWriters(history);
  if (faults.length === 0 && tooFew !== undefined) return inconclusive(tooFew);
  return decide({
    trials: Math.max(asked, ...written.map(({ records }) => records)),
    faults: [...faults, ...written.flatMap(dropNotes)],
    expected: "each writer's sequence without gap or repeat, and for each request as many records as it asked for",
    observed:
      `${asked} records asked for by ${fitting.length} bursts; ` +
      `${faults.reduce((sum, { count }) => sum + count, 0)} lost or repeated; ${figuresOf(written)}`,
  });
}

// Records of concurrent writers are never mixed, however long they are.
function noInterleaving(history: History): Finding {
  const shared = history.logs.filter(({ writers }) => writers.length > 1);
  if (shared.length === 0) return inconclusive("expected at least two writers in one log, found none with two");
  const listed = damageFaults(
    shared,
    ({ kind, encoding, edge }) =>
      kind === "interleaved" || (kind === "bad-sum" && !encoding) || (kind === "torn" && edge === undefined),
  );
  // Beyond the lines kept one by one there are only numbers.
  const more = Math.max(
    ...shared.map(({ damage, damageCount }) => {
      return damageCount.interleaved - damage.filter(({ kind }) => kind === "interleaved").length;
    }),
  );
  const rest: Fault = { count: more, evidence: { kind: "log", text: `${more} more of the kind` } };
  const faults = more > 0 ? [...listed, rest] : listed;
  const tooFew = whyTooFewWriters(history);
  if (faults.length === 0 && tooFew !== undefined) return inconclusive(tooFew);
  return decide({
    trials: Math.max(...shared.map(({ records }) => records)),
    faults,
    expected: "each line one whole record, its checksum right",
    observed: `${faults.reduce((sum, { count }) => sum + count, 0)} mixed lines; ${figuresOf(shared)}`,
  });
}

// A record of more than 64 KiB is neither lost nor split nor cut.
function longRecordWhole(history: History): Finding {
  const asked = readingsOf(history).map((reading) => ({
    ...reading,
    requests: reading.requests.filter(({ bytes }) => bytes > LONG_RECORD_BYTES),
  }));
  const trials = asked.flatMap(({ requests }) => requests).reduce((sum, { records }) => sum + records, 0);
  if (trials === 0) return inconclusive(`no record of more than ${LONG_RECORD_BYTES} bytes was asked for`);
  const [tooBig] = asked.flatMap(({ requests, tooBig }) => (requests.length > 0 ? (tooBig ?? []) : []));
  if (tooBig !== undefined) return inconclusive(tooBig);
  const faults = asked.flatMap(({ burst, requests, snapshot }) =>
    requests.flatMap(({ id, records, bytes }) => {
      const facts = snapshot.requests.get(id) ?? NOTHING;
      if (facts.records === records && facts.recordBytes === records * bytes) return [];
      const found = `${facts.records} whole ones with ${facts.recordBytes} bytes found`;
      const text = `request ${id} of burst "${burst.name}": ${records} records of ${bytes} bytes asked for, ${found}`;
      return [logFault(Math.max(1, Math.abs(records - facts.records)), text, snapshot.atMs)];
    }),
  );
  const damaged = damageFaults(
    asked.map(({ snapshot }) => snapshot),
    ({ kind }) => kind !== "not-a-record",
  );
  const longest = Math.max(0, ...asked.flatMap(({ snapshot }) => snapshot.files.map((file) => file.longestLineBytes)));
  return decide({
    trials,
    // Damaged lines count for nothing here, as they may be short ones; they show where the long ones went.
    faults: [...faults, ...damaged.map(({ evidence }) => ({ count: 0, evidence }))],
    expected: "every long record whole and once, at the length asked for",
    observed: `${trials} records of more than ${LONG_RECORD_BYTES} bytes asked for; longest line found ${longest} bytes`,
  });
}

// Multi-byte text survives byte for byte, wherever a read or write boundary cuts it.
function multibyteIntact(history: History): Finding {
  const faults = damageFaults(history.logs, ({ encoding }) => encoding);
  const trials = Math.max(0, ...history.logs.map(({ multibyteRecords }) => multibyteRecords));
  if (trials === 0 && faults.length === 0) {
    return inconclusive("expected records with text beyond ASCII, found none in the log");
  }
  return decide({
    trials: Math.max(trials, faults.length),
    faults,
    expected: "text beyond ASCII exactly as written",
    observed: `${trials} whole records with text beyond ASCII, ${faults.length} lines with broken characters`,
  });
}

// What is written while the target stops is in the log when it has exited.
function shutdownOutputKept(history: History): Finding {
  const { stop, target } = history;
  if (!stop) return inconclusive("the target was not stopped");
  const snapshot = history.logs.find(({ name }) => name === AFTER_STOP);
  if (!snapshot) return inconclusive(`expected a snapshot of the log named "${AFTER_STOP}"`);
  // Killed by the harness it had no chance to write; that it did not stop is another rule's business.
  if (stop.killed) return inconclusive("the target did not stop by itself and was killed");
  // What an earlier look at the log had missed already was not lost by the stop: other rules speak of that.
  const before = history.logs.findLast(({ atMs }) => atMs <= stop.startedMs);
  // What was written long before may have been rotated away since.
  const sinceMs = before?.atMs ?? (isComplete(target, snapshot) ? Number.NEGATIVE_INFINITY : stop.startedMs);
  const rows = okRows(history).filter(({ doneMs }) => doneMs >= sinceMs);
  const unanswered = unansweredOf(history);
  const bursts = history.bursts.filter(({ endedMs }) => endedMs >= sinceMs);
  const readings = bursts
    .map((burst) => readingOf(target, burst, snapshot, unanswered))
    .filter(({ tooBig }) => tooBig === undefined);
  const asked = readings.reduce((sum, { askedRecords }) => sum + askedRecords, 0);
  if (rows.length + asked === 0) return inconclusive("nothing was answered or written before the stop");
  const unlogged = rows.flatMap((row) => {
    const { received, answered } = snapshot.requests.get(row.id) ?? NOTHING;
    if (received > 0 && answered > 0) return [];
    return [{ count: 1, evidence: requestEvidence(row, { received, answered }) }];
  });
  const faults = [
    ...unlogged,
    ...readings.flatMap(burstFaults),
    ...(before ? [] : sequenceFaults(target, [snapshot])),
    ...damageFaults([snapshot], ({ file, kind, edge }) => kind === "torn" && edge === "end" && isLive(snapshot, file)),
  ];
  const during = rows.some(({ doneMs }) => doneMs >= stop.startedMs) || bursts.some((b) => b.endedMs >= stop.startedMs);
  if (faults.length === 0 && !during) return inconclusive("nothing was answered or written while the target stopped");
  return decide({
    trials: rows.length + asked,
    faults: [...faults, ...dropNotes(snapshot)],
    expected: "both records of every answered request, and every record that was asked for",
    observed:
      `after the exit (${(stop.exitedMs - stop.startedMs).toFixed(0)} ms after the signal): ` +
      `${unlogged.length} of ${rows.length} answered requests without their records; ${figuresOf([snapshot])}`,
  });
}

/** Only the file that was written last can have lost its end in the stop. */
function isLive({ files }: LogSnapshot, name: string): boolean {
  return files.some((file) => file.live && file.name === name);
}

// Every answered request has exactly one `received` and one `answered` record; no unanswered one has two.
function idsReconcile(history: History): Finding {
  const last = history.logs.at(-1);
  if (!last) return inconclusive("the log was not read");
  const rows = rowsUntil(history, last.atMs);
  if (rows.length === 0) return inconclusive("no request ended before the log was read");
  if (last.records === 0) return nothingLogged();
  const complete = isComplete(history.target, last);
  let rotatedAway = 0;
  const faults: Fault[] = [];
  for (const row of rows) {
    const facts = last.requests.get(row.id);
    const { received, answered } = facts ?? NOTHING;
    const once = received === 1 && answered === 1;
    const twice = received > 1 || answered > 1;
    if (row.outcome === "ok" ? once : !twice) continue;
    if (!twice && !complete) rotatedAway++;
    else faults.push({ count: 1, evidence: requestEvidence(row, { received, answered }) });
  }
  if (faults.length === 0 && rotatedAway > 0) {
    return inconclusive(`the records of ${rotatedAway} of ${rows.length} requests may have been rotated away`);
  }
  return decide({
    trials: rows.length,
    faults,
    expected: "one `received` and one `answered` record of each answered request, at most one of any other",
    observed: `${faults.length} of ${rows.length} requests disagree with the log; ${figuresOf([last])}`,
  });
}

const NOTHING: RequestLogFacts = { received: 0, answered: 0, records: 0, recordBytes: 0 };

function nothingLogged(): Finding {
  return inconclusive("expected records of the probe contract in the log, found none");
}

function rowsUntil(history: History, untilMs: number): LedgerRow[] {
  const rows: LedgerRow[] = [];
  const ids = new Set<string>();
  const take = (row: LedgerRow): void => {
    // Its last record is written just before the answer.
    const writtenMs = row.outcome === "ok" ? row.doneMs : row.intendedMs;
    if (writtenMs > untilMs || ids.has(row.id)) return;
    ids.add(row.id);
    rows.push(row);
  };
  for (const { ledger } of history.loads) for (const row of ledger.rows()) take(row);
  for (const { row } of history.held) take(row);
  return rows;
}

function okRows(history: History): LedgerRow[] {
  return rowsUntil(history, Infinity).filter(({ outcome }) => outcome === "ok");
}

function requestEvidence(row: LedgerRow, found: { readonly received: number; readonly answered: number }): Evidence {
  const answer = row.outcome === "ok" ? `ok from pid ${row.worker}, generation ${row.generation}` : row.outcome;
  const text = `request ${row.id} (${answer}): ${found.received} received, ${found.answered} answered in the log`;
  return { kind: "request", atMs: row.intendedMs, text };
}

function logFault(count: number, text: string, atMs: number): Fault {
  return { count, evidence: { kind: "log", atMs, text } };
}

function figuresOf(snapshots: readonly LogSnapshot[]): string {
  const figures = snapshots.map(
    ({ name, records, bytes, files, writers }) =>
      `"${name}": ${records} records, ${bytes} bytes, ${files.length} files, ${writers.length} writers`,
  );
  return figures.join("; ") || "no records";
}

export const logging = {
  "logging/every-record-once": everyRecordOnce,
  "logging/no-interleaving": noInterleaving,
  "logging/long-record-whole": longRecordWhole,
  "logging/multibyte-intact": multibyteIntact,
  "logging/shutdown-output-kept": shutdownOutputKept,
  "logging/ids-reconcile": idsReconcile,
} as const;
