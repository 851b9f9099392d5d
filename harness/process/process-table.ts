import { realpathSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import type { ProcessFacts } from "../spec/history.ts";
import { MARKER } from "./process-group.ts";
import { listPids, readProcCwd, readProcFile, readProcStat, type ProcStat } from "./proc-files.ts";

export interface ProcessEntry extends ProcessFacts {
  /** Own CPU time in clock ticks. */
  readonly cpuTicks: number;
  /** CPU time of the children that it waited for. */
  readonly childCpuTicks: number;
}

/** All processes of a run. */
export interface ProcessTable {
  /** Looks now; in the order of pids. Zombies are told where their parent is of the run and neglects them. */
  read(): ProcessEntry[];
  /** Leaves out one process of the harness's own, such as a command that carries the marker; its children still count. */
  readonly ignore: (pid: number) => void;
}

export interface ProcessTablePlan {
  readonly runId: string;
  /** Its descendants belong to the run whatever their environment says. */
  readonly rootPid?: number;
  /** Where the run's processes are started; without it, daemons are told by the marker alone. */
  readonly workspace?: string;
}

/** Of a run without processes of its own. */
export const NO_PROCESSES: ProcessTable = { read: () => [], ignore: () => undefined };

/** A process that is none of ours is looked at again after this time: its pid may have come to another one. */
const STRANGER_MS = 1_000;
/** A process this young may still be the copy of its parent that `fork` made, before it became what it is. */
const YOUNG_MS = 1_000;

interface Known {
  readonly startTicks: number;
  readonly member: boolean;
  readonly firstSeenMs: number;
  readonly lookedAtMs: number;
  command: string;
}

/**
 * Members are the root, its descendants, and daemons, which cut these ties: whatever carries the marker in its environment
 * or, since some write their title over that, stands in the workspace. Once a member, always a member: a process may change its environment and its parent.
 */
export function createProcessTable({ runId, rootPid, workspace }: ProcessTablePlan): ProcessTable {
  const marker = `${MARKER}=${runId}`;
  // As the kernel names it.
  const home = workspace === undefined ? undefined : realpathSync(workspace);
  const ignored = new Set<number>();
  let known = new Map<number, Known>();

  return {
    read() {
      const now = performance.now();
      const next = new Map<number, Known>();
      const entries: ProcessEntry[] = [];
      const isMember = (pid: number): boolean => (next.get(pid) ?? known.get(pid))?.member === true;
      const belongs = (stat: ProcStat): boolean =>
        stat.pid === rootPid || isMember(stat.ppid) || hasMarker(stat.pid, marker) || isDaemonOf(stat, home);
      for (const pid of listPids().sort((a, b) => a - b)) {
        const before = known.get(pid);
        if (before && !before.member && now - before.lookedAtMs < STRANGER_MS) {
          next.set(pid, before);
          continue;
        }
        const stat = readProcStat(pid);
        if (!stat) continue;
        const same = before?.startTicks === stat.startTicks ? before : undefined;
        const firstSeenMs = same?.firstSeenMs ?? now;
        // The environment of a stranger is looked up once more, for it may have been the copy of a fork.
        const undecided = now - firstSeenMs < 2 * STRANGER_MS;
        const member = same?.member === true || (undecided && belongs(stat));
        const facts: Known = {
          startTicks: stat.startTicks,
          member,
          firstSeenMs,
          lookedAtMs: now,
          command: same?.command ?? "",
        };
        next.set(pid, facts);
        if (!member || ignored.has(pid)) continue;
        // Its parent, init for an orphan, is slow to look after it: not the run's doing.
        if (stat.state === "Z" && !isMember(stat.ppid)) continue;
        if (facts.command === "" || now - firstSeenMs < YOUNG_MS) facts.command = commandOf(stat);
        entries.push({
          pid,
          ppid: stat.ppid,
          state: stat.state,
          startTicks: stat.startTicks,
          command: facts.command,
          cpuTicks: stat.cpuTicks,
          childCpuTicks: stat.childCpuTicks,
        });
      }
      known = next;
      return entries;
    },
    ignore: (pid) => {
      ignored.add(pid);
    },
  };
}

/** Without what only the account of CPU time needs. */
export function factsOf({ pid, ppid, state, startTicks, command }: ProcessEntry): ProcessFacts {
  return { pid, ppid, state, startTicks, command };
}

/** Proportional set size in bytes; 0 where the kernel does not tell or the process is gone. */
export async function pssBytes(pid: number): Promise<number> {
  // In the thread pool, unlike the rest: the kernel walks the page tables for it.
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** Number of open descriptors; undefined if the process is gone or belongs to somebody else. */
export async function descriptorCount(pid: number): Promise<number | undefined> {
  return readdir(`/proc/${pid}/fd`).then(
    (names) => names.length,
    () => undefined,
  );
}

/** Whoever looks at a workspace from a terminal is none of the run's. */
function isDaemonOf({ pid, terminal }: ProcStat, home: string | undefined): boolean {
  if (home === undefined || terminal !== 0) return false;
  const cwd = readProcCwd(pid);
  return cwd !== undefined && (cwd === home || cwd.startsWith(`${home}/`));
}

function hasMarker(pid: number, marker: string): boolean {
  const environ = readProcFile(`/proc/${pid}/environ`);
  return environ !== undefined && `\0${environ}`.includes(`\0${marker}\0`);
}

/** The command line, or in brackets the name of a process that has none (zombies). */
function commandOf(stat: ProcStat): string {
  const line = readProcFile(`/proc/${stat.pid}/cmdline`)?.replaceAll("\0", " ").trim() ?? "";
  return line === "" ? `[${stat.command}]` : line.slice(0, 200);
}
