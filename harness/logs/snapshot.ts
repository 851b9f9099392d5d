import type { LogFileFacts, LogSnapshot } from "../spec/history.ts";
import { FileReading } from "./file-reading.ts";
import { LogTally } from "./log-tally.ts";
import { OpenLogs } from "./open-logs.ts";
import { readLogFile } from "./read.ts";

export interface SnapshotPlan {
  readonly name: string;
  /** Absolute paths, `*` for any run of characters within one segment. */
  readonly patterns: readonly string[];
  /** The moment on the history's clock that the snapshot is to carry. */
  readonly atMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Reads the whole log, live files and backups, as it stands on disk now. Damage in it is a value; it throws only if a
 * file can't be read for a reason that is not the log's fault (permission, I/O), or if it is aborted.
 */
export async function readLogSnapshot({ name, patterns, atMs, signal }: SnapshotPlan): Promise<LogSnapshot> {
  // All files are opened before any is read: a rotation that comes in between renames them, but takes none away.
  await using logs = await OpenLogs.open(patterns);
  const tally = new LogTally();
  const files: LogFileFacts[] = [];
  let previous: FileReading | undefined;
  for (const open of logs.files) {
    signal?.throwIfAborted();
    const sameStream = previous?.found.stream === open.found.stream ? previous : undefined;
    tally.beginFile(sameStream !== undefined);
    const reading = new FileReading(open.found, tally, sameStream?.endsMidLine ?? false);
    const content = await readLogFile(open.handle, open.diskBytes, reading.onLine);
    files.push(reading.finish(content, open.diskBytes));
    previous = reading;
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { name, atMs, files, ...tally.facts(), bytes };
}
