import { readFile } from "node:fs/promises";
import { isRunning } from "../process/process-group.ts";
import { waitUntil } from "../process/wait-until.ts";
import { LIMITS } from "../spec/limits.ts";
import { fill, type PlaceholderValues } from "./placeholders.ts";
import type { TargetMain } from "./schema.ts";

export interface MainProcessSource {
  readonly main: TargetMain;
  /** The process that `start` started. @throws {Error} if it is gone. */
  readonly childPid: () => number;
  readonly values: PlaceholderValues;
  /** Processes of the run: nobody else is ever signalled. */
  readonly isOfRun: (pid: number) => boolean;
  /** Runs a command of the target file; rejects if it fails. */
  readonly run: (command: readonly string[]) => Promise<string>;
  readonly signal: AbortSignal;
}

/**
 * Whom signals go to, as of now.
 *
 * @throws {Error} if the file or command names no process of this run.
 */
export async function mainPid({ main, childPid, values, isOfRun, run, signal }: MainProcessSource): Promise<number> {
  if ("child" in main) return childPid();
  if ("command" in main) {
    const command = main.command.map((argument) => fill(argument, values));
    return expectPid(await run(command), `the output of ${command.join(" ")}`, isOfRun);
  }
  return pidFromFile(fill(main.pidfile, values), isOfRun, signal);
}

/**
 * A pid file that is being replaced may name nobody for a moment, or one that is gone: it is looked at again.
 *
 * @throws {Error} if the file is missing or names no process of this run when the time is up.
 */
export async function pidFromFile(
  file: string,
  isOfRun: (pid: number) => boolean,
  signal: AbortSignal,
): Promise<number> {
  let outcome: number | Error = new Error("nobody looked");
  const isRead = async (): Promise<boolean> => {
    outcome = await readPidFile(file, isOfRun).catch((problem: Error) => problem);
    return typeof outcome === "number";
  };
  await waitUntil(isRead, LIMITS.pidFileMs, signal);
  if (typeof outcome === "number") return outcome;
  throw outcome;
}

async function readPidFile(file: string, isOfRun: (pid: number) => boolean): Promise<number> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`expected a process id in ${file} (${cause.code ?? cause.message})`, { cause });
  });
  return expectPid(text, file, isOfRun);
}

function expectPid(text: string, source: string, isOfRun: (pid: number) => boolean): number {
  const pid = Number(/^\s*(\d+)\s*$/.exec(text)?.[1] ?? 0);
  if (pid <= 1) throw new Error(`expected a process id in ${source}, found "${text.trim().slice(0, 80)}"`);
  if (!isRunning(pid)) throw new Error(`expected the process named in ${source} to run, but there is no ${pid}`);
  // A stale file may name whoever has the number now.
  if (!isOfRun(pid)) throw new Error(`expected a process of this run in ${source}, but ${pid} is somebody else's`);
  return pid;
}
