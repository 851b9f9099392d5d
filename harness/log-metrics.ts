import { isComplete, readingsOf, type BurstReading } from "./checkers/log-reading.ts";
import type { History } from "./spec/history.ts";
import type { ScenarioMetrics } from "./spec/run-record.ts";

/** Rates over the time in which bursts ran, of what they asked for; over the whole trial where there were none. */
export function logMetrics(history: History): ScenarioMetrics["log"] {
  const { logs, bursts, durationMs } = history;
  const records = Math.max(0, ...logs.map((snapshot) => snapshot.records));
  const bytes = Math.max(0, ...logs.map((snapshot) => snapshot.bytes));
  let asked = 0;
  let askedBytes = 0;
  let seconds = 0;
  for (const burst of bursts) {
    seconds += (burst.endedMs - burst.startedMs) / 1_000;
    for (const request of burst.requests) {
      asked += request.records;
      askedBytes += request.records * request.bytes;
    }
  }
  return {
    records,
    bytes,
    recordsPerSecond: seconds > 0 ? asked / seconds : records / (durationMs / 1_000),
    bytesPerSecond: seconds > 0 ? askedBytes / seconds : bytes / (durationMs / 1_000),
    ...lossOf(history, records),
  };
}

/** The larger of two counts, as a writer that never wrote again leaves no gap, and not every record belongs to a burst. */
function lossOf(history: History, found: number): { readonly expected: number; readonly lost: number } {
  if (wasDisturbed(history)) return { expected: 0, lost: 0 };
  const readings = readingsOf(history).filter(({ tooBig }) => tooBig === undefined);
  const asked = readings.reduce((sum, { askedRecords }) => sum + askedRecords, 0);
  const lacking = readings.reduce((sum, reading) => sum + lackingIn(reading), 0);
  const lost = Math.max(lacking, missingInSequences(history));
  return { expected: Math.max(asked, found + lost), lost };
}

/** What is lost then is the disk's doing, or whoever took file or reader away. A file that was merely renamed is still there. */
function wasDisturbed({ observations }: History): boolean {
  return observations.some((one) => one.kind === "sink" || (one.kind === "tampering" && one.what !== "moved"));
}

/** Records too short for an id may belong to any of the requests that lack some. */
function lackingIn({ requests, snapshot }: BurstReading): number {
  const lacking = requests.reduce(
    (sum, { id, records }) => sum + Math.max(0, records - (snapshot.requests.get(id)?.records ?? 0)),
    0,
  );
  return Math.max(0, lacking - snapshot.anonymousRecords);
}

/** Snapshots of one log overlap: of each writer the one counts in which most is missing. */
function missingInSequences({ target, logs }: History): number {
  const missing = new Map<string, number>();
  for (const snapshot of logs) {
    const complete = isComplete(target, snapshot);
    for (const { writer, first, missingCount } of snapshot.writers) {
      missing.set(writer, Math.max(missing.get(writer) ?? 0, missingCount + (complete ? first : 0)));
    }
  }
  return missing.values().reduce((sum, count) => sum + count, 0);
}
