import { LIMITS } from "../spec/limits.ts";
import { ProcessError, startProcess, type ProcessExit } from "./managed-process.ts";

export interface CommandPlan {
  /** Name and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly marker?: string;
  readonly signal?: AbortSignal;
  /** {@link LIMITS.commandMs} by default. */
  readonly withinMs?: number;
  /** Called with the process id as soon as there is one. */
  readonly started?: (pid: number) => void;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Null where a signal ended it, it had to be ended, or it could not be started. */
  readonly exitCode: number | null;
  /** Present unless it ended with code 0 in time. */
  readonly error?: string;
}

/** Runs a command to its end, or ends it. What the command did wrong is a value; rejects on abort only. */
export async function runCommand(plan: CommandPlan): Promise<CommandResult> {
  const { command, cwd, env, marker, signal, withinMs = LIMITS.commandMs } = plan;
  const [name = "", ...args] = command;
  signal?.throwIfAborted();
  let running;
  try {
    running = await startProcess({
      command: name,
      args,
      cwd,
      env,
      stdout: "captured",
      stderr: "captured",
      ...(marker !== undefined && { marker }),
    });
  } catch (error) {
    if (error instanceof ProcessError) return { stdout: "", stderr: "", exitCode: null, error: error.message };
    throw error;
  }
  const end = (reason: string): void => {
    // Its failure shows in `exited` never coming; the bound of `end` then rejects below.
    running.end({ reason, terminateMs: LIMITS.interruptedTerminateMs }).catch(() => undefined);
  };
  const timer = setTimeout(() => end(`it was ended after ${withinMs} ms`), withinMs);
  const abort = (): void => end("it was interrupted");
  signal?.addEventListener("abort", abort, { once: true });
  try {
    plan.started?.(running.pid);
    // It may have come while the command was being started.
    if (signal?.aborted) abort();
    const exit = await running.exited;
    signal?.throwIfAborted();
    const error = running.endReason ?? describeFailure(exit);
    const [stdout, stderr] = [await running.tail("stdout"), await running.tail("stderr")];
    return {
      stdout,
      stderr,
      // Of one that handles the signal it is no verdict on what it was asked.
      exitCode: running.endReason === undefined ? exit.code : null,
      ...(error !== undefined && { error: `${command.join(" ")}: ${error}` }),
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** Nothing for the end that everybody hopes for. */
export function describeFailure({ code, signal }: ProcessExit): string | undefined {
  if (signal !== null) return `it was ended by ${signal}`;
  return code === 0 ? undefined : `it exited with code ${code}`;
}
