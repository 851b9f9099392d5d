import { readFileSync, renameSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import path from "node:path";

/** The pid file of this process; `remove` leaves alone what is not ours any more. */
export interface PidFile {
  remove(): void;
}

/**
 * Writes the pid by a temporary file and a rename, so that a reader sees either the old pid or the new one, never half.
 * A file left behind is taken over: its process is gone, or its pid has gone to somebody who runs another command.
 *
 * @throws {Error} if the file's process runs the very command that this one does.
 */
export function claimPidFile(file: string): PidFile {
  const before = readLeftOver(file);
  if (before !== undefined && before !== process.pid && commandOf(before) === commandOf(process.pid)) {
    throw new Error(`${file}: process ${before} already runs this server`);
  }
  write(file);
  return {
    remove: () => {
      if (readPid(file) === process.pid) rmSync(file, { force: true });
    },
  };
}

function write(file: string): void {
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(temporary, `${process.pid}\n`);
    renameSync(temporary, file);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new Error(`cannot write the pid file ${file}: ${(cause as Error).message}`, { cause });
  }
}

function readLeftOver(file: string): number | undefined {
  try {
    return readPid(file);
  } catch (cause) {
    throw new Error(`cannot read the pid file ${file}: ${(cause as Error).message}`, { cause });
  }
}

function readPid(file: string): number | undefined {
  const text = readOrUndefined(file);
  const pid = Number(text?.trim());
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** Arguments after the interpreter; undefined for a process that is gone, empty for a zombie. */
function commandOf(pid: number): string | undefined {
  return readOrUndefined(`/proc/${pid}/cmdline`)?.split("\0").slice(1).join(" ");
}

function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
