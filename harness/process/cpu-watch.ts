import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { CpuLook } from "../spec/observation.ts";
import { createCpuAccount } from "./cpu-account.ts";
import { readProcFile } from "./proc-files.ts";
import type { ProcessEntry, ProcessTable } from "./process-table.ts";

/** What a run used of the CPU over a time; `busiest` is of the processes that are there at both ends. */
export type CpuUse = Pick<CpuLook, "cpuSeconds" | "busiest">;

const TICKS_PER_SECOND = 100;
const NANOSECONDS = 1e9;

/** Looks at the processes now and after `ms`; rejects on abort. */
export async function watchCpu(table: ProcessTable, ms: number, signal: AbortSignal): Promise<CpuUse> {
  const account = createCpuAccount();
  const look = () => {
    const entries = table.read();
    account.add(entries);
    return new Map(entries.map((entry) => [`${entry.pid}:${entry.startTicks}`, { entry, threads: threadsOf(entry) }]));
  };
  const before = look();
  await delay(ms, undefined, { signal });
  const own = [...look()].flatMap(([identity, { entry, threads }]) => {
    const same = before.get(identity);
    if (!same) return [];
    const { pid, command, cpuTicks } = entry;
    const queuedSeconds = queuedSecondsOf(same.threads, threads);
    return [
      {
        pid,
        command,
        cpuSeconds: (cpuTicks - same.entry.cpuTicks) / TICKS_PER_SECOND,
        ...(queuedSeconds !== undefined && { queuedSeconds }),
      },
    ];
  });
  const [busiest] = own.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds);
  return { cpuSeconds: account.seconds(), ...(busiest && { busiest }) };
}

/** By thread id: nanoseconds on a core, and ready to run but without one. */
type Threads = ReadonlyMap<string, { readonly ran: number; readonly queued: number }>;

/** From /proc/PID/task/TID/schedstat; empty where the kernel does not tell or the process is gone. */
function threadsOf({ pid }: ProcessEntry): Threads {
  const threads = new Map<string, { ran: number; queued: number }>();
  for (const tid of tidsOf(pid)) {
    const [ran, queued] = (readProcFile(`/proc/${pid}/task/${tid}/schedstat`) ?? "").split(" ").map(Number);
    if (ran !== undefined && queued !== undefined) threads.set(tid, { ran, queued });
  }
  return threads;
}

function tidsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Of the thread that ran the longest in between. */
function queuedSecondsOf(before: Threads, after: Threads): number | undefined {
  const since = [...after].map(([tid, { ran, queued }]) => {
    const then = before.get(tid) ?? { ran: 0, queued: 0 };
    return { ran: ran - then.ran, queued: queued - then.queued };
  });
  const [busiest] = since.toSorted((a, b) => b.ran - a.ran);
  return busiest && busiest.queued / NANOSECONDS;
}
