import { closeSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";

/*
 * Reads of /proc are synchronous: they never wait for a disk, and a round through the thread pool costs the load
 * generator in this process more than the read itself.
 */

let buffer = Buffer.allocUnsafe(16 * 1024);

/** Contents of a file in /proc; undefined if its process is gone or belongs to somebody else. */
export function readProcFile(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    if (isGoneOrForeign(error)) return undefined;
    throw error;
  }
  try {
    let length = 0;
    for (;;) {
      const count = readSync(fd, buffer, length, buffer.length - length, null);
      if (count === 0) return buffer.toString("utf8", 0, length);
      length += count;
      if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    }
  } catch (error) {
    if (isGoneOrForeign(error)) return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Folder that a process stands in; undefined if it is gone or belongs to somebody else. */
export function readProcCwd(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch (error) {
    if (isGoneOrForeign(error)) return undefined;
    throw error;
  }
}

/** Ids of all processes that this one may see. */
export function listPids(): number[] {
  const pids: number[] = [];
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first >= 49 && first <= 57) pids.push(Number(name));
  }
  return pids;
}

export interface ProcStat {
  readonly pid: number;
  readonly command: string;
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  /** 0 without a controlling terminal. */
  readonly terminal: number;
  readonly startTicks: number;
  /** Own CPU time in clock ticks, user and system. */
  readonly cpuTicks: number;
  /** CPU time of the children that it waited for, and of theirs. */
  readonly childCpuTicks: number;
  /** As wait(2) tells it; means something for a zombie only. */
  readonly exitStatus: number;
}

/** /proc/PID/stat, see proc_pid_stat(5); undefined if there is no such process. */
export function readProcStat(pid: number): ProcStat | undefined {
  const text = readProcFile(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name stands in parentheses and may contain any of them: the last one closes it.
  const nameEnd = text.lastIndexOf(")");
  const fields = text.slice(nameEnd + 2).split(" ");
  const number = (field: number): number => Number(fields[field - 3]);
  return {
    pid,
    command: text.slice(text.indexOf("(") + 1, nameEnd),
    state: fields[0] ?? "?",
    ppid: number(4),
    pgrp: number(5),
    terminal: number(7),
    startTicks: number(22),
    cpuTicks: number(14) + number(15),
    childCpuTicks: number(16) + number(17),
    exitStatus: number(52),
  };
}

function isGoneOrForeign(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM";
}
