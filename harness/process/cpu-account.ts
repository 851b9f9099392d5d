import type { ProcessEntry } from "./process-table.ts";

/** USER_HZ, the unit of /proc/PID/stat: 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface CpuAccount {
  /** One look at all processes, in the order of time. */
  add(entries: readonly ProcessEntry[]): void;
  /** CPU time used from the first look to the last one. */
  seconds(): number;
}

interface Line {
  own: number;
  children: number;
  ppid: number;
  alive: boolean;
  /** Gone, and its parent, still there, has taken its time over. */
  absorbed: boolean;
}

/**
 * Two counts, of which the higher one holds. The plain one adds the own time of every process when last seen: it
 * misses what a process used between that look and its end, and processes that came and went between two looks. The
 * other adds what parents inherited from the children they waited for, which is exact, but nothing where a
 * parent does not wait or went first. So the result may fall short by one sampling interval of one core for each process
 * that ended, and is never too high by more than the kernel's tick of 10 ms for each process.
 */
export function createCpuAccount(): CpuAccount {
  const lines = new Map<string, Line>();
  let baseline: { own: number; inherited: number } | undefined;

  const add = (entries: readonly ProcessEntry[]): void => {
    const pids = new Set(entries.map(({ pid }) => pid));
    for (const line of lines.values()) {
      // Whoever is seen again below comes back to life.
      if (line.alive) line.absorbed = pids.has(line.ppid);
      line.alive = false;
    }
    for (const { pid, startTicks, ppid, cpuTicks, childCpuTicks } of entries) {
      lines.set(`${pid}:${startTicks}`, {
        own: cpuTicks,
        children: childCpuTicks,
        ppid,
        alive: true,
        absorbed: false,
      });
    }
    baseline ??= totals(lines);
  };
  return {
    add,
    seconds() {
      const { own, inherited } = totals(lines);
      const ticks = Math.max(own - (baseline?.own ?? 0), inherited - (baseline?.inherited ?? 0), 0);
      return ticks / TICKS_PER_SECOND;
    },
  };
}

function totals(lines: ReadonlyMap<string, Line>): { own: number; inherited: number } {
  let own = 0;
  let inherited = 0;
  for (const line of lines.values()) {
    own += line.own;
    if (line.alive || !line.absorbed) inherited += line.own + line.children;
  }
  return { own, inherited };
}
