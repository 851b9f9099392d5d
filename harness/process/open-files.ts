import { readdirSync, readlinkSync, statSync } from "node:fs";
import type { OpenFile } from "../spec/log-hands.ts";
import { readProcFile } from "./proc-files.ts";

/** Access mode within the flags of an open file: reading only is 0. */
const ACCESS_MODE = 0o3;

/** Descriptors of these processes that can write to a file whose path, without ` (deleted)`, is wanted. */
export function filesOpenForWriting(pids: Iterable<number>, isWanted: (path: string) => boolean): OpenFile[] {
  return [...pids].flatMap((pid) => descriptorsOf(pid).flatMap((descriptor) => look(pid, descriptor, isWanted) ?? []));
}

/**
 * What a process would do with a signal, by /proc/PID/status; `default` for one that would be ended by most of them, and
 * undefined if it is gone.
 */
export function dispositionOf(pid: number, signalNumber: number): "default" | "ignored" | "caught" | undefined {
  const status = readProcFile(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const bit = 1n << BigInt(signalNumber - 1);
  const has = (field: string): boolean => {
    const mask = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & bit) !== 0n;
  };
  if (has("SigIgn")) return "ignored";
  return has("SigCgt") ? "caught" : "default";
}

function descriptorsOf(pid: number): number[] {
  return orGone(() => readdirSync(`/proc/${pid}/fd`).map(Number)) ?? [];
}

function look(pid: number, descriptor: number, isWanted: (path: string) => boolean): OpenFile | undefined {
  const name = `/proc/${pid}/fd/${descriptor}`;
  const path = orGone(() => readlinkSync(name));
  if (path === undefined || !isWanted(path.replace(/ \(deleted\)$/, ""))) return undefined;
  const flags = /^flags:\s*([0-7]+)$/m.exec(readProcFile(`/proc/${pid}/fdinfo/${descriptor}`) ?? "")?.[1];
  if (flags === undefined || (Number.parseInt(flags, 8) & ACCESS_MODE) === 0) return undefined;
  // By way of the descriptor, so that it is the open file's own even if its name stands for another by now.
  const inode = orGone(() => statSync(name).ino);
  return inode === undefined ? undefined : { pid, descriptor, path, inode };
}

/** A process may end, or close a descriptor, at any moment while it is looked at. */
function orGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") return undefined;
    throw error;
  }
}
