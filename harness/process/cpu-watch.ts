import { setTimeout as delay } from "node:timers/promises";
import { createCpuAccount } from "./cpu-account.ts";
import type { ProcessTable } from "./process-table.ts";

/** What a run used of the CPU over a time. */
export interface CpuUse {
  readonly cpuSeconds: number;
  /** The process that used most of it by itself, if any is there at both ends. */
  readonly busiest?: { readonly pid: number; readonly command: string; readonly cpuSeconds: number };
}

const TICKS_PER_SECOND = 100;

/** Looks at the processes now and after `ms`; rejects on abort. */
export async function watchCpu(table: ProcessTable, ms: number, signal: AbortSignal): Promise<CpuUse> {
  const account = createCpuAccount();
  const before = table.read();
  account.add(before);
  await delay(ms, undefined, { signal });
  const after = table.read();
  account.add(after);
  const own = after.flatMap(({ pid, startTicks, command, cpuTicks }) => {
    const same = before.find((entry) => entry.pid === pid && entry.startTicks === startTicks);
    return same ? [{ pid, command, cpuSeconds: (cpuTicks - same.cpuTicks) / TICKS_PER_SECOND }] : [];
  });
  const [busiest] = own.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds);
  return { cpuSeconds: account.seconds(), ...(busiest && { busiest }) };
}
