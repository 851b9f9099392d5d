import { constants } from "node:os";
import { dispositionOf } from "../../process/open-files.ts";
import { isRunning } from "../../process/process-group.ts";
import { runCommand } from "../../process/run-command.ts";
import type { FullDisk, TamperedFile } from "../../spec/log-hands.ts";
import type { LogReach } from "./log-hands.ts";

/** Where prlimit(1) of util-linux stands; nothing else of the environment matters to it. */
const PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * To a process whose files may not grow beyond a limit a disk looks full: writes are done in part, then refused. The limit
 * is a soft one, so that it can be taken away again without privileges.
 */
export async function fillDisk(reach: LogReach, name: string, roomBytes: number): Promise<FullDisk> {
  const limited: number[] = [];
  let before = "";
  await reach.tamper(name, "disk-filled", async () => {
    const live = await reach.live();
    const inodes = new Map(live.map(({ path, identity, bytes }) => [Number(identity.split(":")[1]), { path, bytes }]));
    const writers = (await reach.writers()).filter(({ inode }) => inodes.has(inode));
    const pids = [...new Set(writers.map(({ pid }) => pid))];
    if (pids.length === 0) throw new Error("no process of the target has the live log file open");
    const longest = Math.max(...live.map(({ bytes }) => bytes));
    const limitBytes = Math.min(longest + roomBytes, rotationLimit(reach) / 2);
    for (const pid of pids) {
      // A disk that is full sends no signal: a server that does not expect this one would be wronged.
      if (dispositionOf(pid, constants.signals.SIGXFSZ) === "default") {
        throw new Error(`process ${pid} does not ignore SIGXFSZ, which a full disk would not send`);
      }
      await limitFiles(reach, pid, `${limitBytes}:`);
      limited.push(pid);
    }
    return [...inodes].map(([inode, { path }]): TamperedFile => ({ path, inode, limitBytes }));
  });
  const empty = async (): Promise<void> => {
    if (limited.length === 0) return;
    await reach.tamper(name, "disk-emptied", async () => {
      before = await stateOf(reach);
      // One that did not survive the full disk needs no room any more.
      for (const pid of limited.splice(0)) if (isRunning(pid)) await limitFiles(reach, pid, "unlimited:");
      return [];
    });
  };
  return {
    empty,
    isWritten: async () => reach.context.phase === "control" || (await stateOf(reach)) !== before,
    [Symbol.asyncDispose]: empty,
  };
}

/** A live file that may become this long is put away, and the next one has room. */
function rotationLimit({ context: { target, site } }: LogReach): number {
  const maxBytes = target.facts(site).logLimits?.maxBytes ?? 0;
  return maxBytes > 0 ? maxBytes : Number.POSITIVE_INFINITY;
}

async function stateOf(reach: LogReach): Promise<string> {
  return (await reach.live()).map(({ identity, bytes }) => `${identity} ${bytes}`).join("\n");
}

async function limitFiles({ context: { signal } }: LogReach, pid: number, limit: string): Promise<void> {
  const { error } = await runCommand({
    command: ["prlimit", "--pid", String(pid), `--fsize=${limit}`],
    // Not in the workspace: what stands there counts as the target's.
    cwd: "/",
    env: { PATH },
    signal,
  });
  if (error !== undefined) throw new Error(error);
}
