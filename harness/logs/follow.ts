import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { LIMITS } from "../spec/limits.ts";
import { findLogFiles, type FoundLogFile, type FoundLogs } from "./find.ts";
import { readLogFile } from "./read.ts";

export interface AwaitPlan {
  /** As for `readLogSnapshot`. */
  readonly patterns: readonly string[];
  /** Lines that the files are to hold together; with them the log is believed to be complete sooner. */
  readonly expectedRecords?: number;
  /** The log has come to rest when nothing changed for this long. */
  readonly quietMs?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface LogRest {
  readonly reason: "expected" | "rest" | "timeout";
  readonly waitedMs: number;
  readonly files: number;
  /** On disk. */
  readonly bytes: number;
}

/** With everything there that was awaited, only a second copy could still come. */
const EXPECTED_QUIET_SHARE = 0.25;
/** What a look counts at most: whoever was paused himself has not seen the log at rest meanwhile. */
const LOOK_COUNTS_MS = 4 * LIMITS.logLookEveryMs;
/** A temporary file that stands still this many times longer than the log has to was left behind, not forgotten. */
const TRANSIT_QUIET_FACTOR = 5;

/**
 * Waits until the log on disk holds what is awaited or has come to rest. Compression under way is no rest. Rejects
 * with the signal's reason only.
 */
export async function awaitLogs(plan: AwaitPlan): Promise<LogRest> {
  const { patterns, expectedRecords = Infinity, signal } = plan;
  const { quietMs = LIMITS.logQuietMs, timeoutMs = LIMITS.logMs } = plan;
  const lines = new LineCount();
  const startedMs = performance.now();
  let lastMs = startedMs;
  let stillMs = 0;
  let lastState = "";
  for (;;) {
    signal?.throwIfAborted();
    const found = await findLogFiles(patterns);
    const nowMs = performance.now();
    const state = stateOf(found);
    stillMs = state === lastState ? stillMs + Math.min(nowMs - lastMs, LOOK_COUNTS_MS) : 0;
    lastState = state;
    lastMs = nowMs;
    const rest = (reason: LogRest["reason"]): LogRest => ({
      reason,
      waitedMs: performance.now() - startedMs,
      files: found.files.length,
      bytes: found.files.reduce((sum, { bytes }) => sum + bytes, 0),
    });
    const inTransit = found.inTransit.length > 0;
    if (stillMs >= (inTransit ? TRANSIT_QUIET_FACTOR : 1) * quietMs) return rest("rest");
    if (Number.isFinite(expectedRecords) && !inTransit && stillMs >= EXPECTED_QUIET_SHARE * quietMs) {
      if ((await lines.of(found.files)) >= expectedRecords) return rest("expected");
    }
    if (nowMs - startedMs >= timeoutMs) return rest("timeout");
    // An abort while it sleeps is found at the top, where the signal's own reason is thrown.
    await delay(LIMITS.logLookEveryMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Lines that the log holds now, packed backups included. */
export async function countLogLines(patterns: readonly string[]): Promise<number> {
  return new LineCount().of((await findLogFiles(patterns)).files);
}

function stateOf({ files, inTransit }: FoundLogs): string {
  return [...files.map(({ name, identity, bytes }) => `${name} ${identity} ${bytes}`), ...inTransit].join("\n");
}

/** Lines of the files there are; a file that did not change since it was last counted is not read again. */
class LineCount {
  readonly #known = new Map<string, { readonly bytes: number; readonly lines: number }>();

  async of(files: readonly FoundLogFile[]): Promise<number> {
    let total = 0;
    for (const file of files) {
      const known = this.#known.get(file.identity);
      const lines = known?.bytes === file.bytes ? known.lines : await countLines(file);
      this.#known.set(file.identity, { bytes: file.bytes, lines });
      total += lines;
    }
    return total;
  }
}

async function countLines({ path, bytes }: FoundLogFile): Promise<number> {
  let lines = 0;
  try {
    await using handle = await open(path, "r");
    await readLogFile(handle, bytes, (_line, _offset, terminated) => {
      if (terminated) lines++;
    });
  } catch (error) {
    // Rotated away between the look and the reading: the next look sees it under its new name.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return lines;
}
