import type { ProcessSample, ProcessTimeline } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import { createCpuAccount } from "./cpu-account.ts";
import { factsOf, pssBytes, type ProcessEntry, type ProcessTable } from "./process-table.ts";

export interface ProcessSampler extends AsyncDisposable {
  /** Looks a last time and tells what was seen. Idempotent. */
  stop(): Promise<ProcessTimeline>;
}

/**
 * Watches the processes of a run every {@link LIMITS.sampleEveryMs}. Samples are kept where a process came, went,
 * changed its parent, was stopped or became a zombie, and the first and the last one; between two samples nothing of that happened.
 *
 * @param clock milliseconds on the clock of the history.
 */
export function startProcessSampler(table: ProcessTable, clock: () => number): ProcessSampler {
  const samples: ProcessSample[] = [];
  const cpu = createCpuAccount();
  let shape = "";
  let last: ProcessSample | undefined;
  let peakPssBytes = 0;
  let memory: Promise<void> | undefined;

  const look = (): void => {
    const entries = table.read();
    cpu.add(entries);
    last = { atMs: clock(), processes: entries.map(factsOf) };
    const next = shapeOf(entries);
    if (samples.length === 0 || next !== shape) samples.push(last);
    shape = next;
  };
  const weigh = async (): Promise<void> => {
    const sizes = await Promise.all((last?.processes ?? []).map(({ pid }) => pssBytes(pid)));
    peakPssBytes = Math.max(
      peakPssBytes,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    memory = undefined;
  };
  // One at a time: a slow kernel must not pile them up.
  const startWeighing = (): void => void (memory ??= weigh());

  look();
  startWeighing();
  const lookTimer = setInterval(look, LIMITS.sampleEveryMs).unref();
  const memoryTimer = setInterval(startWeighing, LIMITS.sampleMemoryEveryMs).unref();

  const finish = async (): Promise<ProcessTimeline> => {
    clearInterval(lookTimer);
    clearInterval(memoryTimer);
    look();
    if (last && samples.at(-1) !== last) samples.push(last);
    await memory;
    await weigh();
    return { samples, cpuSeconds: cpu.seconds(), peakPssBytes };
  };
  let stopping: Promise<ProcessTimeline> | undefined;
  const stop = (): Promise<ProcessTimeline> => (stopping ??= finish());
  return {
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

function shapeOf(entries: readonly ProcessEntry[]): string {
  return entries
    .map(({ pid, ppid, startTicks, state }) => `${pid}:${ppid}:${startTicks}:${/[ZT]/.test(state) ? state : ""}`)
    .join(" ");
}
