import { waitUntil } from "../process/wait-until.ts";
import type { BootedTarget } from "../targets/booted-target.ts";

/**
 * Gives the target its settle time to be back at `base` processes, none of them a zombie. Whether it got there is for
 * a checker to say; this only sees to it that the last look at the process table is not taken too early.
 */
export async function awaitCalm(target: BootedTarget, base: number, signal: AbortSignal): Promise<void> {
  const { settleMs } = target.definition.settings;
  const isCalm = (): boolean => {
    const processes = target.processes();
    return processes.length <= base && processes.every(({ state }) => state !== "Z");
  };
  await waitUntil(isCalm, settleMs, signal);
}
