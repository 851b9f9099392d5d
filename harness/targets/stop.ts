import type { StopRecord } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import { endRun } from "../process/end-run.ts";
import type { ManagedProcess } from "../process/managed-process.ts";
import { isRunning } from "../process/process-group.ts";
import type { ProcessTable } from "../process/process-table.ts";
import { waitUntil } from "../process/wait-until.ts";
import type { ActionOutcome } from "./actions.ts";

export interface StopPlan {
  readonly child: ManagedProcess;
  readonly table: ProcessTable;
  readonly drainMs: number;
  readonly signal: AbortSignal;
  /** Whose end is waited for, if the child is gone already. */
  readonly mainPid: () => Promise<number>;
  /** Asks for the graceful stop. */
  readonly ask: () => Promise<ActionOutcome>;
  /** Called as soon as the stop was asked for, before the wait for the exit; of a command that lasts, when it shows. */
  readonly asked?: () => void;
}

/** {@link StopRecord} with its instants on `performance.now()`, and what went wrong in asking. */
export interface StopOutcome extends StopRecord {
  readonly error?: string;
}

/**
 * Asks for the graceful stop and waits for the exit as long as the target may drain and then some; kills it after
 * that. What is alive after the exit is left over: reported, and killed.
 */
export async function stopTarget({
  child,
  table,
  drainMs,
  signal,
  mainPid,
  ask,
  asked,
}: StopPlan): Promise<StopOutcome> {
  const main = await mainPid().catch(() => undefined);
  // Only now: the successor of a process that is on its way out takes its pid file over when that has gone.
  const daemon = child.exit === undefined ? undefined : main;
  // So that descendants are known as such before their parents go.
  const before = table.read().length;
  const asking = ask();
  // A command may last as long as the target does, and that as long as what its caller has in flight.
  await Promise.race([asking, waitUntil(() => table.read().length < before, LIMITS.stopShowsMs, signal)]);
  asked?.();
  const { startedMs, error } = await asking;
  // Had it ended before it could be asked, then another was.
  const isChild = daemon === undefined && !(child.exit !== undefined && child.exit.atMs < startedMs);
  const isGone = (): boolean => child.exit !== undefined && (daemon === undefined || !isRunning(daemon));
  const went = error === undefined && (await waitUntil(isGone, drainMs + LIMITS.terminateMs, signal));
  const seenMs = performance.now();
  const leftOver = await endRun(table, went ? LIMITS.leftOverGraceMs : 0);
  const exit = isChild ? await child.end() : undefined;
  return {
    startedMs,
    exitedMs: exit && went ? exit.atMs : went ? seenMs : performance.now(),
    exitCode: exit?.code ?? null,
    signal: exit?.signal ?? null,
    killed: !went,
    leftOver: went ? leftOver : [],
    ...(error !== undefined && { error }),
  };
}
