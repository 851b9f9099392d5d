import { open, utimes } from "node:fs/promises";
import { LIMITS } from "../spec/limits.ts";
import type { CommandResult } from "../process/run-command.ts";
import { sendSignal } from "../process/process-group.ts";
import { askStatus, endpointOf } from "./endpoint.ts";
import { fill, type PlaceholderValues } from "./placeholders.ts";
import type { TargetAction, TargetStep } from "./schema.ts";

/** What became of an action; instants are of `performance.now()`. */
export interface ActionOutcome {
  /** When its first step could take effect: looking up whom a signal goes to comes before that. */
  readonly startedMs: number;
  /** When the signal was sent or the command returned. */
  readonly returnedMs: number;
  /** What commands printed and requests answered. */
  readonly output?: string;
  readonly error?: string;
  /** The target itself said no; without it, an error is one in asking, or an answer that did not come. */
  readonly refused?: true;
}

/** How steps reach the target that they are meant for. */
export interface ActionReach {
  readonly values: PlaceholderValues;
  readonly childPid: () => number;
  readonly mainPid: () => Promise<number>;
  readonly pidFromFile: (file: string) => Promise<number>;
  /** Bounded; resolves to all that it printed and to what went wrong. */
  readonly run: (
    command: readonly string[],
  ) => Promise<{ readonly output: string } & Pick<CommandResult, "exitCode" | "error">>;
  readonly signal: AbortSignal;
}

/** Runs the steps in order, up to the first that fails. Failures are values; rejects on abort only. */
export async function performAction(action: TargetAction, reach: ActionReach): Promise<ActionOutcome> {
  let startedMs: number | undefined;
  const takesEffect = (): void => void (startedMs ??= performance.now());
  const outputs: string[] = [];
  let last: StepOutcome = {};
  for (const step of Array.isArray(action) ? action : [action]) {
    try {
      const done = await performStep(step, reach, takesEffect);
      if (done.output) outputs.push(done.output);
      last = done;
    } catch (problem) {
      reach.signal.throwIfAborted();
      last = { error: problem instanceof Error ? problem.message : String(problem) };
    }
    if (last.error !== undefined) break;
  }
  const returnedMs = performance.now();
  return {
    startedMs: startedMs ?? returnedMs,
    returnedMs,
    ...(outputs.length > 0 && { output: outputs.join("\n") }),
    ...(last.error !== undefined && { error: last.error }),
    ...(last.refused && { refused: true }),
  };
}

type StepOutcome = Pick<ActionOutcome, "output" | "error" | "refused">;

/** By which a shell, or `env`, says that it could not run the command: nobody was asked. */
const NOT_RUN: readonly number[] = [126, 127];

async function performStep(step: TargetStep, reach: ActionReach, takesEffect: () => void): Promise<StepOutcome> {
  reach.signal.throwIfAborted();
  if ("signal" in step) {
    const pid = await pidFor(step, reach);
    takesEffect();
    if (sendSignal(pid, `SIG${step.signal}`)) return {};
    return { error: `expected process ${pid} to take ${step.signal}, but it is gone` };
  }
  takesEffect();
  if ("command" in step) {
    const { output, error, exitCode } = await reach.run(step.command.map((argument) => fill(argument, reach.values)));
    if (error === undefined) return { output };
    return { output, error, ...(exitCode !== null && !NOT_RUN.includes(exitCode) && { refused: true }) };
  }
  if ("http" in step) {
    const url = fill(step.http.url, reach.values);
    const { pathname, search } = new URL(url);
    const { status, body } = await askStatus(endpointOf(url), {
      method: step.http.method,
      path: pathname + search,
      withinMs: LIMITS.commandMs,
      signal: reach.signal,
    });
    if (status >= 200 && status < 300) return { output: body };
    const error = `expected ${step.http.method} ${url} to be answered with 2xx, came ${status}`;
    return { output: body, error, ...(status >= 400 && { refused: true }) };
  }
  await touch(fill(step.touch, reach.values));
  return {};
}

async function pidFor(step: Extract<TargetStep, { signal: unknown }>, reach: ActionReach): Promise<number> {
  if (step.pidfile !== undefined) return reach.pidFromFile(fill(step.pidfile, reach.values));
  return step.to === "child" ? reach.childPid() : reach.mainPid();
}

async function touch(file: string): Promise<void> {
  const handle = await open(file, "a");
  await handle.close();
  const now = new Date();
  await utimes(file, now, now);
}
