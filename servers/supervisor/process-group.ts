import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_EVERY_MS = 20;
/** From KILL to giving up on a process that does not go (it hangs in the kernel). */
const KILL_MS = 2_000;

/** False if there is no such process, or group (negative number), any more. */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // ESRCH; EPERM can't be, or it is a stranger's by now.
    return false;
  }
}

/**
 * Ends what is left of the process group `pgid` after its leader is gone: TERM, `graceMs` later KILL.
 * Resolves to the number of processes that had to be killed.
 */
export async function endGroup(pgid: number, graceMs: number, signal?: AbortSignal): Promise<number> {
  if (!groupLives(pgid)) return 0;
  send(-pgid, "SIGTERM");
  if (await emptied(pgid, graceMs, signal)) return 0;
  const left = countMembers(pgid);
  send(-pgid, "SIGKILL");
  await emptied(pgid, KILL_MS);
  return left;
}

async function emptied(pgid: number, withinMs: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (groupLives(pgid)) {
    if (performance.now() >= deadline || signal?.aborted) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function groupLives(pgid: number): boolean {
  try {
    process.kill(-pgid, 0);
  } catch {
    return false;
  }
  // A zombie whose new parent does not reap still answers, and would be waited for in vain.
  return countMembers(pgid) > 0;
}

function countMembers(pgid: number): number {
  try {
    return members(pgid).length;
  } catch (error) {
    // No descriptor is left to look with: the group exists, which is all that is known.
    if (["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "")) return 1;
    throw error;
  }
}

/** Pids of the group's processes, zombies left out. */
export function members(pgid: number): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = readStat(name);
    // "pid (command) state ppid pgrp ...": the command may hold spaces and brackets.
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(pgrp) === pgid && state !== "Z" && state !== "X" ? [Number(name)] : [];
  });
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    // It ended between the listing and now.
    return "";
  }
}
