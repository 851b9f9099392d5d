import type { ActionRecord, History, LogFileFacts, LogSnapshot } from "../../spec/history.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, unsupported, type Fault } from "../finding.ts";
import {
  backupsOf,
  burstFaults,
  damageFaults,
  describe,
  dropNotes,
  readingsOf,
  sequenceFaults,
  streamsOf,
  type BurstReading,
} from "../log-reading.ts";

/** Fewer rotations in a burst say little about a race between writer and rotation. */
const ROTATIONS_WANTED = 10;
/** A record carries the time of its making; until it is in the file, pipes and buffers are in between. */
const RECORD_DELAY_MS = 100;

// Rotation in the middle of a burst loses and repeats nothing.
function midBurstLosesNothing(history: History): Finding {
  const readings = readingsOf(history);
  if (readings.length === 0) return inconclusive("no burst of records with a snapshot of the log after it");
  const counted = readings.map((reading) => ({ reading, rotations: rotationsIn(history, reading) }));
  const rotated = counted.filter(({ rotations }) => rotations > 0);
  const faults = lossFaults(
    history,
    rotated.map(({ reading }) => reading),
  );
  const most = Math.max(...counted.map(({ rotations }) => rotations));
  if (sumOf(faults) === 0) {
    const [tooBig] = readings.flatMap(({ tooBig }) => tooBig ?? []);
    if (tooBig !== undefined) return inconclusive(tooBig);
    if (most < ROTATIONS_WANTED) return tooFewRotations(ROTATIONS_WANTED, most, "one burst");
  }
  return decide({
    trials: rotated.reduce((sum, { reading }) => sum + reading.askedRecords, 0),
    faults,
    expected: "live file and backups put together hold every record of the burst once",
    observed: counted.map(({ reading, rotations }) => burstFigures(reading, rotations)).join("; "),
  });
}

// A file starts and ends at a record boundary.
function recordBoundaries(history: History): Finding {
  const snapshots = history.logs.filter(({ files }) => backupsOf(files).length > 0);
  if (snapshots.length === 0) return noRotation();
  const readable = snapshots.flatMap((snapshot) =>
    snapshot.files.filter(({ unpackError }) => unpackError === undefined).map((file) => ({ snapshot, file })),
  );
  const faults = readable.flatMap(({ snapshot, file }) => [
    ...(file.startsAtBoundary ? [] : [edgeFault(snapshot, file, "start")]),
    ...(file.endsAtBoundary ? [] : [edgeFault(snapshot, file, "end")]),
  ]);
  return decide({
    trials: readable.length * 2,
    faults,
    expected: "the first and the last line of each file are whole",
    observed: `${faults.length} of ${readable.length * 2} edges of ${readable.length} files cut through a record`,
  });
}

// The limits on the size of a file and on the number of backups hold.
function sizeAndCount(history: History): Finding {
  const { logLimits } = history.target;
  if (!logLimits) return unsupported("the target file declares no limits of its log");
  const { maxBytes, backups } = logLimits;
  const streams = history.logs.flatMap((snapshot) =>
    [...streamsOf(snapshot)].map(([stream, files]) => ({ snapshot, stream, files, kept: backupsOf(files).length })),
  );
  const faults = streams.flatMap(({ snapshot, stream, files, kept }): Fault[] => [
    ...(kept > backups ? [fileFault(snapshot, `${stream}: ${kept} backups, limit ${backups}`, kept - backups)] : []),
    ...files
      // A record longer than the limit has to stand somewhere.
      .filter(({ bytes, records }) => maxBytes > 0 && bytes > maxBytes && records > 1)
      .map(({ name, bytes }) => fileFault(snapshot, `${name}: ${bytes} bytes, limit ${maxBytes}`)),
  ]);
  const most = Math.max(0, ...streams.map(({ kept }) => kept));
  const forgotten = history.logs.some(({ writers }) => writers.some(({ first }) => first > 0));
  if (faults.length === 0 && most === 0 && !(backups === 0 && forgotten)) return noRotation();
  if (faults.length === 0 && most < backups) {
    return inconclusive(`the limit of ${backups} backups was never reached: at most ${most} were there`);
  }
  const largest = Math.max(0, ...streams.flatMap(({ files }) => files.map(({ bytes }) => bytes)));
  return decide({
    trials: streams.reduce((sum, { files }) => sum + files.length, 0),
    faults,
    expected: `at most ${backups} backups, each file of at most ${maxBytes} bytes unless it holds a single record`,
    observed: `at most ${most} backups at a time, largest file ${largest} bytes`,
  });
}

// Compressing a backup never races the writer: unpacked, the files equal the stream of records.
function compressionSafe(history: History): Finding {
  if (!history.target.capabilities.includes("compression")) return unsupported("the target does not compress backups");
  const snapshots = history.logs.filter(({ files }) => files.some(isCompressed));
  const packed = snapshots.flatMap(({ files }) => files.filter(isCompressed));
  if (packed.length === 0) return inconclusive("no compressed backup came into being");
  const readings = readingsOf(history).filter(({ snapshot }) => snapshots.includes(snapshot));
  const unpacking = snapshots.flatMap((snapshot) =>
    snapshot.files.flatMap(({ name, unpackError }) =>
      unpackError === undefined ? [] : [fileFault(snapshot, `${name} can't be unpacked: ${unpackError}`)],
    ),
  );
  const damaged = damageFaults(
    snapshots,
    ({ file, kind }, { files }) =>
      kind !== "not-a-record" && kind !== "counted-drop" && files.some((one) => one.name === file && isCompressed(one)),
  );
  const losses = [
    ...readings.filter(({ tooBig }) => tooBig === undefined).flatMap(burstFaults),
    ...sequenceFaults(history.target, snapshots),
  ];
  return decide({
    trials: packed.length,
    faults: [...unpacking, ...damaged, ...losses],
    expected: "every compressed backup unpacks, and the files together hold every record once",
    observed:
      `${packed.length} compressed files (${[...new Set(packed.map(({ compression }) => compression))].join(", ")}) ` +
      `with ${packed.reduce((sum, { records }) => sum + records, 0)} records; ${unpacking.length} can't be unpacked, ` +
      `${damaged.length} damaged lines, ${sumOf(losses)} records lost or repeated`,
  });
}

// Rotation and reload at once break neither.
function duringReload(history: History): Finding {
  const meetings = readingsOf(history).flatMap((reading) => {
    const { burst } = reading;
    return history.actions
      .filter(({ kind, startedMs }) => kind === "reload" && startedMs >= burst.startedMs && startedMs <= burst.endedMs)
      .map((reload) => ({ reading, reload, rotations: rotationsAt(history, reading, ...windowOf(reload)) }));
  });
  if (meetings.length === 0) return inconclusive("no reload took place in the middle of a burst");
  const failed = meetings.find(({ reload }) => reload.error !== undefined);
  if (failed) return inconclusive(`reload ${failed.reload.index} could not be asked for: ${failed.reload.error ?? ""}`);
  const met = meetings.filter(({ rotations }) => rotations > 0);
  if (met.length === 0) return tooFewRotations(1, 0, "the time of a reload");
  const readings = [...new Set(met.map(({ reading }) => reading))];
  const [tooBig] = readings.flatMap(({ tooBig }) => tooBig ?? []);
  const losses = lossFaults(history, readings);
  if (sumOf(losses) === 0 && tooBig !== undefined) return inconclusive(tooBig);
  const unsettled = met.flatMap(({ reload }): Fault[] => {
    if (reload.settledMs !== undefined) return [];
    const text = `reload ${reload.index} to generation ${reload.generation} never settled`;
    return [{ count: 1, evidence: { kind: "action", atMs: reload.startedMs, text } }];
  });
  return decide({
    trials: met.reduce((sum, { rotations }) => sum + rotations, 0),
    faults: [...unsettled, ...losses],
    expected: "the reload settles, and no record written meanwhile is lost or repeated",
    observed: met
      .map(({ reading, reload, rotations }) => {
        const took =
          reload.settledMs === undefined ? "never" : `after ${(reload.settledMs - reload.startedMs).toFixed(0)} ms`;
        return `reload ${reload.index} settled ${took}, ${rotations} rotations meanwhile; ${burstFigures(reading)}`;
      })
      .join("; "),
  });
}

export const rotation = {
  "rotation/mid-burst-loses-nothing": midBurstLosesNothing,
  "rotation/record-boundaries": recordBoundaries,
  "rotation/size-and-count": sizeAndCount,
  "rotation/compression-safe": compressionSafe,
  "rotation/during-reload": duringReload,
} as const;

function lossFaults(history: History, readings: readonly BurstReading[]): Fault[] {
  const snapshots = readings.map(({ snapshot }) => snapshot);
  return [
    ...readings.filter(({ tooBig }) => tooBig === undefined).flatMap(burstFaults),
    ...sequenceFaults(history.target, snapshots),
    ...snapshots.flatMap(dropNotes),
  ];
}

function windowOf(reload: ActionRecord): [fromMs: number, toMs: number] {
  return [reload.startedMs, reload.settledMs ?? reload.settleDeadlineMs];
}

function rotationsIn(history: History, reading: BurstReading): number {
  return rotationsAt(history, reading, reading.burst.startedMs, reading.burst.endedMs);
}

/** Rotations between two instants: files whose first record was made in between, with a file of the stream before. */
function rotationsAt(history: History, { snapshot }: BurstReading, fromMs: number, toMs: number): number {
  const from = history.startedWallMs + fromMs - RECORD_DELAY_MS;
  const to = history.startedWallMs + toMs + RECORD_DELAY_MS;
  return [...streamsOf(snapshot).values()]
    .flatMap((files) => files.filter(({ bytes }) => bytes > 0).slice(1))
    .filter(({ firstWallMs = Number.NaN }) => firstWallMs >= from && firstWallMs <= to).length;
}

function burstFigures({ burst, snapshot, requests, askedRecords }: BurstReading, rotations?: number): string {
  const found = requests.reduce((sum, { id }) => sum + (snapshot.requests.get(id)?.records ?? 0), 0);
  const times = rotations === undefined ? "" : `, ${rotations} rotations`;
  return `burst "${burst.name}": ${found} of ${askedRecords} records in ${snapshot.files.length} files${times}`;
}

function edgeFault(snapshot: LogSnapshot, file: LogFileFacts, edge: "start" | "end"): Fault {
  const damage = snapshot.damage.find((one) => one.file === file.name && one.edge === edge);
  const text = damage ? describe(damage) : `${file.name} does not ${edge} at a record boundary`;
  return fileFault(snapshot, text);
}

function fileFault(snapshot: LogSnapshot, text: string, count = 1): Fault {
  return { count, evidence: { kind: "file", atMs: snapshot.atMs, text: `snapshot "${snapshot.name}": ${text}` } };
}

function isCompressed({ compression, unpackError }: LogFileFacts): boolean {
  return compression !== "none" || unpackError !== undefined;
}

function sumOf(faults: readonly Fault[]): number {
  return faults.reduce((sum, { count }) => sum + count, 0);
}

function noRotation(): Finding {
  return inconclusive("the log was never rotated");
}

function tooFewRotations(wanted: number, most: number, within: string): Finding {
  return inconclusive(`expected at least ${wanted} rotations within ${within}, found ${most}`);
}
