import { open, type FileHandle } from "node:fs/promises";
import { findLogFiles, type FoundLogFile } from "./find.ts";

export interface OpenLogFile {
  readonly found: FoundLogFile;
  readonly handle: FileHandle;
  /** At the time of opening; what is appended later is not looked at. */
  readonly diskBytes: number;
}

/** A rotation takes less time than this many looks at a folder. */
const MAX_TRIES = 10;

/** All files of a log, opened under the names that they had at one moment. */
export class OpenLogs {
  readonly files: readonly OpenLogFile[];

  private constructor(files: readonly OpenLogFile[]) {
    this.files = files;
  }

  static async open(patterns: readonly string[]): Promise<OpenLogs> {
    for (let tries = 1; ; tries++) {
      const before = await findLogFiles(patterns);
      const logs = new OpenLogs(await openAll(before.files));
      const after = await findLogFiles(patterns);
      // Names that still stand for the same files were not moved while we opened them one by one.
      const same =
        logs.files.length === before.files.length &&
        namesOf(after.files) === namesOf(logs.files.map(({ found }) => found));
      if (same || tries === MAX_TRIES) return logs;
      await logs[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle } of this.files) await handle.close();
  }
}

function namesOf(files: readonly FoundLogFile[]): string {
  return files.map(({ path, identity }) => `${path} ${identity}`).join("\n");
}

async function openAll(found: readonly FoundLogFile[]): Promise<OpenLogFile[]> {
  const files: OpenLogFile[] = [];
  try {
    for (const one of found) {
      const handle = await openOrMissing(one.path);
      if (!handle) continue;
      const facts = await handle.stat();
      files.push({ found: { ...one, identity: `${facts.dev}:${facts.ino}` }, handle, diskBytes: facts.size });
    }
  } catch (error) {
    for (const { handle } of files) await handle.close();
    throw error;
  }
  return files;
}

async function openOrMissing(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
