import type {
  BurstRecord,
  History,
  LogDamage,
  LogFileFacts,
  LogSnapshot,
  TargetFacts,
  WriterFacts,
} from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import type { Fault } from "./finding.ts";

/*
 * What the rules on logging and on rotation have in common: how to see in a snapshot that records were lost or
 * repeated.
 */

/** A burst and the log as it stood after it. */
export interface BurstReading {
  readonly burst: BurstRecord;
  readonly snapshot: LogSnapshot;
  /** Only what was answered is known to have been written. */
  readonly requests: BurstRecord["requests"];
  readonly askedRecords: number;
  /** Why the log could not have kept the whole burst; undefined if it could. */
  readonly tooBig?: string;
}

/** The bursts of which a snapshot of the same name exists. */
export function readingsOf(history: History): BurstReading[] {
  const unanswered = unansweredOf(history);
  return history.bursts.flatMap((burst) => {
    const snapshot = history.logs.find(({ name }) => name === burst.name);
    return snapshot ? [readingOf(history.target, burst, snapshot, unanswered)] : [];
  });
}

export function readingOf(
  target: TargetFacts,
  burst: BurstRecord,
  snapshot: LogSnapshot,
  unanswered: ReadonlySet<string>,
): BurstReading {
  const requests = burst.requests.filter(({ id }) => !unanswered.has(id));
  const askedRecords = requests.reduce((sum, { records }) => sum + records, 0);
  const askedBytes = requests.reduce((sum, { records, bytes }) => sum + records * bytes, 0);
  const { logLimits } = target;
  // The live file may just have been begun, so only the backups count; a limit of 0 bytes is none.
  const room = logLimits && logLimits.maxBytes > 0 ? logLimits.maxBytes * Math.max(1, logLimits.backups) : Infinity;
  const tooBig = `burst "${burst.name}" wrote ${askedBytes} bytes, the log is sure to keep ${room} only`;
  return { burst, snapshot, requests, askedRecords, ...(askedBytes > room && { tooBig }) };
}

/** Ids of burst requests that some ledger knows to have got no good answer. */
export function unansweredOf(history: History): Set<string> {
  const asked = new Set(history.bursts.flatMap(({ requests }) => requests.map(({ id }) => id)));
  const unanswered = new Set<string>();
  if (asked.size === 0) return unanswered;
  for (const { ledger } of history.loads) {
    for (const { id, outcome } of ledger.rows()) if (outcome !== "ok" && asked.has(id)) unanswered.add(id);
  }
  return unanswered;
}

/** Why no burst had all workers of the target write at the same time; undefined if one had, or if none was asked for. */
export function whyTooFewWriters(history: History): string | undefined {
  const { bursts, target } = history;
  const most = Math.max(...bursts.map((burst) => workersDuring(history, burst).size));
  if (bursts.length === 0 || most >= target.workers) return undefined;
  return `expected all ${target.workers} workers to write during one burst, at most ${most} did`;
}

/** Every answer has records of its own, so whoever answered wrote. */
function workersDuring({ loads }: History, { startedMs, endedMs }: BurstRecord): Set<number> {
  const workers = new Set<number>();
  for (const { ledger } of loads) {
    for (const { outcome, worker, sentMs, doneMs } of ledger.rows()) {
      if (outcome === "ok" && worker > 0 && doneMs >= startedMs && sentMs <= endedMs) workers.add(worker);
    }
  }
  return workers;
}

/** False if older parts of the log may have been rotated away as its limits demand. */
export function isComplete(target: TargetFacts, snapshot: LogSnapshot): boolean {
  const { logLimits } = target;
  if (!logLimits) return snapshot.writers.every(({ first }) => first === 0);
  return [...streamsOf(snapshot).values()].every((files) => backupsOf(files).length < logLimits.backups);
}

/** True if records may be missing because the limits that the target declares demand it. */
export function mayBeRotatedAway(target: TargetFacts, snapshot: LogSnapshot): boolean {
  return target.logLimits !== undefined && !isComplete(target, snapshot);
}

export function streamsOf(snapshot: LogSnapshot): Map<string, LogFileFacts[]> {
  return Map.groupBy(snapshot.files, ({ stream }) => stream);
}

export function backupsOf(files: readonly LogFileFacts[]): LogFileFacts[] {
  return files.filter(({ live }) => !live);
}

/**
 * How many records, made about that time, stand half at the end of one file and half at the beginning of the next: each is
 * missing, but not lost. A rule of its own judges the edges of files.
 */
export function cutInTwo(snapshot: LogSnapshot, fromWallMs = -Infinity, toWallMs = Infinity): number {
  const isCut = (file: LogFileFacts, next: LogFileFacts | undefined): boolean =>
    !file.endsAtBoundary &&
    next?.startsAtBoundary === false &&
    (file.lastWallMs ?? -Infinity) < toWallMs &&
    (next.firstWallMs ?? Infinity) >= fromWallMs;
  const files = [...streamsOf(snapshot).values()];
  return files.flatMap((stream) => stream.filter((file, index) => isCut(file, stream[index + 1]))).length;
}

/** The fixed fields and an id fit into so many bytes; an application may leave the id out of a shorter record. */
const ID_FITS_BYTES = 320;

/** Records that a burst asked for and the log does not have, or has too often. */
export function burstFaults({ burst, snapshot, requests }: BurstReading): Fault[] {
  let anonymous = 0;
  const faults = requests.flatMap(({ id, records, bytes }): Fault[] => {
    const found = snapshot.requests.get(id)?.records ?? 0;
    if (found === records) return [];
    if (found === 0 && bytes < ID_FITS_BYTES && snapshot.anonymousRecords > 0) {
      anonymous += records;
      return [];
    }
    const what = found < records ? `${records - found} lost` : `${found - records} too many`;
    const text = `request ${id} of burst "${burst.name}": ${records} records asked for, ${found} in the log (${what})`;
    return [{ count: Math.abs(records - found), evidence: { kind: "log", atMs: snapshot.atMs, text } }];
  });
  // Without an id it can't be told from which request a record came, only how many there are.
  const lost = anonymous - snapshot.anonymousRecords;
  if (lost <= 0) return faults;
  const text = `burst "${burst.name}": ${anonymous} records too short for an id asked for, ${lost} of them lost`;
  return [...faults, { count: lost, evidence: { kind: "log", atMs: snapshot.atMs, text } }];
}

/**
 * Gaps and repeats in the sequences of the writers; a missing beginning only where nothing may be missing. Snapshots
 * of one log overlap: each writer is judged by the one in which it looks worst.
 */
export function sequenceFaults(target: TargetFacts, snapshots: readonly LogSnapshot[]): Fault[] {
  const worst = new Map<string, { readonly count: number; readonly faults: readonly Fault[] }>();
  for (const snapshot of snapshots) {
    const complete = isComplete(target, snapshot);
    for (const writer of snapshot.writers) {
      const faults = writerFaults(writer, snapshot.atMs, complete);
      const count = faults.reduce((sum, fault) => sum + fault.count, 0);
      if (count > (worst.get(writer.writer)?.count ?? 0)) worst.set(writer.writer, { count, faults });
    }
  }
  return [...worst.values()].flatMap(({ faults }) => faults);
}

function writerFaults(writer: WriterFacts, atMs: number, complete: boolean): Fault[] {
  const { first, last, missing, missingCount, repeated, repeatedCount, gapAt, repeatAt } = writer;
  const name = `writer ${writer.writer} (pid ${writer.pid}, generation ${writer.generation})`;
  const faults: Fault[] = [];
  const add = (count: number, text: string): void => {
    if (count > 0) faults.push({ count, evidence: { kind: "log", atMs, text: `${name}: ${text}` } });
  };
  add(complete ? first : 0, `begins with seq ${first}, though no file of the log was rotated away`);
  const gapPlace = gapAt ? `, gap before ${gapAt.file} at byte ${gapAt.offset}` : "";
  const between = `between ${first} and ${last}`;
  add(missingCount, `${missingCount} missing ${between}: seq ${listOf(missing, missingCount)}${gapPlace}`);
  const repeatPlace = repeatAt ? `, second copy in ${repeatAt.file} at byte ${repeatAt.offset}` : "";
  add(repeatedCount, `${repeatedCount} repeated: seq ${listOf(repeated, repeatedCount)}${repeatPlace}`);
  return faults;
}

/** What the log itself says of a loss, as evidence beside the loss; counts nothing. */
export function dropNotes(snapshot: LogSnapshot): Fault[] {
  if (snapshot.droppedRecords === 0) return [];
  const text = `the log tells that ${snapshot.droppedRecords} records were dropped`;
  const [first] = snapshot.damage.filter(({ kind }) => kind === "counted-drop");
  return [{ count: 0, evidence: { kind: "log", text: first ? `${text}: ${describe(first)}` : text } }];
}

export function describe({ file, offset, kind, edge, excerpt }: LogDamage): string {
  const place = edge ? `${file} at byte ${offset} (its ${edge})` : `${file} at byte ${offset}`;
  return `${place}: ${kind}: ${excerpt}`;
}

/** The damaged lines of overlapping snapshots, each once: a rotation changes a line's file, but not its offset. */
export function damageFaults(
  snapshots: readonly LogSnapshot[],
  isFault: (damage: LogDamage, snapshot: LogSnapshot) => boolean,
): Fault[] {
  const faults = new Map<string, Fault>();
  for (const snapshot of snapshots) {
    for (const damage of snapshot.damage) {
      const key = `${damage.kind} ${damage.offset} ${damage.excerpt}`;
      if (faults.has(key) || !isFault(damage, snapshot)) continue;
      faults.set(key, { count: 1, evidence: { kind: "log", atMs: snapshot.atMs, text: describe(damage) } });
    }
  }
  return [...faults.values()];
}

function listOf(numbers: readonly number[], count: number): string {
  const shown = numbers.slice(0, LIMITS.evidenceItems);
  return count > shown.length ? `${shown.join(", ")} and ${count - shown.length} more` : shown.join(", ");
}
