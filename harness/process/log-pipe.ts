import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { LIMITS } from "../spec/limits.ts";
import { startProcess, type ManagedProcess } from "./managed-process.ts";
import { sendSignal } from "./process-group.ts";
import { runCommand } from "./run-command.ts";

/**
 * A named pipe that a process writes its log into, and a reader that brings it from there into a file: the reader can be
 * held up, killed and replaced. Disposing waits until what is in the pipe is in the file, and ends the reader.
 */
export interface LogPipe extends AsyncDisposable {
  /** To be opened for writing; that never blocks while there is a reader. */
  readonly path: string;
  /** Process id of the reader, the last one if there is none. */
  readonly reader: number;
  /** Stops the reader, or lets it go on; false if there is none. */
  hold(held: boolean): boolean;
  /** Kills the reader; nobody has the pipe open for reading when it returns. False if there was none. */
  lose(): Promise<boolean>;
  /** Starts another reader; false if there is one. */
  restore(): Promise<boolean>;
}

export interface LogPipePlan {
  readonly path: string;
  /** Where the reader appends to. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Run id, by which the guard of the run finds the reader. */
  readonly marker: string;
  /** Called with the process id of each reader. */
  readonly started: (pid: number) => void;
}

interface Reader {
  readonly process: ManagedProcess;
  /** Holds the pipe open at both ends: without it the reader would see its end before the first writer is there. */
  readonly keeper: FileHandle;
}

/** @throws {ProcessError} if there is no `mkfifo` or no `cat`. */
export async function openLogPipe(plan: LogPipePlan): Promise<LogPipe> {
  const { path, env } = plan;
  const { error } = await runCommand({ command: ["mkfifo", "-m", "0600", path], cwd: "/", env });
  if (error !== undefined) throw new Error(`expected to make a named pipe: ${error}`);
  let reader: Reader | undefined = await startReader(plan);
  let lastPid = reader.process.pid;

  return {
    path,
    get reader() {
      return lastPid;
    },
    hold: (held) => reader !== undefined && sendSignal(reader.process.pid, held ? "SIGSTOP" : "SIGCONT"),
    async lose() {
      if (!reader) return false;
      const { process, keeper } = reader;
      reader = undefined;
      process.signal("SIGKILL");
      await process.exited;
      await keeper.close();
      return true;
    },
    async restore() {
      if (reader) return false;
      reader = await startReader(plan);
      lastPid = reader.process.pid;
      return true;
    },
    async [Symbol.asyncDispose]() {
      if (!reader) return;
      const { process, keeper } = reader;
      reader = undefined;
      // With the last writer gone this is the end of the pipe, and the reader goes by itself.
      await keeper.close();
      process.signal("SIGCONT");
      const bound = AbortSignal.timeout(LIMITS.killMs);
      await Promise.race([process.exited, new Promise((resolve) => bound.addEventListener("abort", resolve))]);
      await process.end({ reason: "the log is read" });
    },
  };
}

async function startReader({ path, file, env, marker, started }: LogPipePlan): Promise<Reader> {
  // In this order neither of them blocks: the first is a writer to the second.
  const keeper = await open(path, constants.O_RDWR);
  try {
    await using end = await open(path, constants.O_RDONLY);
    const process = await startProcess({
      command: "cat",
      args: [],
      cwd: "/",
      env,
      stdin: { descriptor: end.fd },
      stdout: { file },
      stderr: "captured",
      marker,
    });
    started(process.pid);
    return { process, keeper };
  } catch (error) {
    await keeper.close();
    throw error;
  }
}
