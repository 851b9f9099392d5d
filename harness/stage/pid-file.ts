import { readFileSync, statSync, watch } from "node:fs";
import path from "node:path";
import { isRunning } from "../process/process-group.ts";
import { waitUntil } from "../process/wait-until.ts";
import type { BootedTarget } from "../targets/booted-target.ts";
import { LIMITS } from "../spec/limits.ts";
import type { Poll } from "../spec/observation.ts";
import type { StageContext } from "./context.ts";

const LOOK_EVERY_MS = 3;

/**
 * Looks at the pid file again and again, and whenever the kernel tells that its folder changed. A gap between two looks is
 * still seen: whoever replaces the file by a rename changes its name once and its inode with it.
 */
export function watchPidFile({ target, site, recorder }: StageContext, name: string): { stop(): void } {
  const file = pidFileOf(target, site);
  const startedMs = recorder.now();
  const misses: Poll["misses"][number][] = [];
  let missCount = 0;
  let looks = 0;
  const miss = (text: string): void => {
    missCount++;
    if (misses.length < LIMITS.evidenceItems) misses.push({ atMs: recorder.now(), text });
  };
  const isOfTarget = memberOf(target);
  const look = (): void => {
    looks++;
    const wrong = whatIsWrong(file, isOfTarget);
    if (wrong !== undefined) miss(wrong);
  };
  let known = statOf(file);
  const watcher = watch(path.dirname(file), (event, changed) => {
    if (changed !== path.basename(file)) return;
    const before = known;
    const now = (known = statOf(file));
    look();
    if (!before || !now || before.ino !== now.ino) return;
    if (event === "rename")
      miss("it had been removed for a moment: its name changed without another file in its place");
    else if (before.mtimeMs !== now.mtimeMs) miss("it was written in place, so that a reader may find half of it");
  });
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  let stopped = false;
  return {
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      watcher.close();
      look();
      recorder.observations.push({
        kind: "poll",
        name,
        startedMs,
        endedMs: recorder.now(),
        looks,
        misses,
        missCount,
      });
    },
  };
}

/** Starts the stopped target once more over a pid file that names a process of nobody's concern. */
export async function startAnew({ target, site, recorder, signal }: StageContext, name: string): Promise<void> {
  const file = pidFileOf(target, site);
  await target.operator.startAnew(async (start) => {
    const readyMs = start.reason === undefined ? recorder.now() : Number.NaN;
    const isOfTarget = memberOf(target);
    // It may write the file after it has begun to serve.
    const namesTarget = await waitUntil(
      () => whatIsWrong(file, isOfTarget) === undefined,
      start.reason === undefined ? target.facts(site).settleMs : 0,
      signal,
    );
    recorder.observations.push({
      kind: "start",
      name,
      startedMs: recorder.at(start.startedMs),
      readyMs,
      reason: start.reason ?? "",
      output: start.reason === undefined ? "" : (await target.output()).slice(-LIMITS.excerptBytes),
      pidFile: textOf(file) ?? "",
      namesTarget,
      bystander: start.bystander,
    });
  }, signal);
}

function pidFileOf(target: BootedTarget, site: string): string {
  const file = target.operator.pidFile(site);
  if (file === undefined) throw new TypeError(`expected ${target.name} to have a pid file`);
  return file;
}

function whatIsWrong(file: string, isOfTarget: (pid: number) => boolean): string | undefined {
  const text = textOf(file);
  if (text === undefined) return "there was no such file";
  const pid = Number(/^\s*(\d+)\s*$/.exec(text)?.[1] ?? 0);
  if (pid === 0) return text === "" ? "it was empty" : `it held no pid, but "${text.slice(0, 40)}"`;
  if (!isRunning(pid)) return `it named ${pid}, which does not run`;
  return isOfTarget(pid) ? undefined : `it named ${pid}, which is no process of the target`;
}

/** Reading the process table costs more than the look itself; a pid that was the target's stays so while it runs. */
function memberOf(target: BootedTarget): (pid: number) => boolean {
  const members = new Set<number>();
  return (pid) => {
    if (!members.has(pid)) for (const process of target.processes()) members.add(process.pid);
    return members.has(pid);
  };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function statOf(file: string): { readonly ino: number; readonly mtimeMs: number } | undefined {
  return statSync(file, { throwIfNoEntry: false });
}
