import type { ProcessFacts } from "../../harness/spec/history.ts";
import type { Stage } from "../../harness/spec/scenario.ts";

/* What the scenarios of this group look at while something goes wrong. */

/** Nobody watches for longer; the work that is watched over has bounds of its own. */
const WATCH_MS = 120_000;
/** Of the processes that were started, so many are named. */
const NAMED_STARTS = 20;
/** Until the first process of a release that goes wrong is there. */
export const FIRST_START_MS = 3_000;

export interface MainWatch {
  look(): Promise<void>;
  /** Puts what was seen into the history. */
  end(): void;
}

/** Looks whether the main process is still the one that it was at the beginning. */
export async function watchMain(stage: Stage): Promise<MainWatch> {
  const startedMs = stage.now();
  const pid = await stage.mainPid();
  const misses: { atMs: number; text: string }[] = [];
  let looks = 0;
  return {
    async look() {
      looks++;
      const miss = await stage.mainPid().then(
        (now) => (now === pid ? undefined : `the main process was ${pid}, now it is ${now}`),
        (error: Error) => `the main process ${pid} is gone: ${error.message}`,
      );
      if (miss !== undefined) misses.push({ atMs: stage.now(), text: miss });
    },
    end() {
      const endedMs = stage.now();
      stage.observe({ kind: "poll", name: "main", startedMs, endedMs, looks, misses, missCount: misses.length });
    },
  };
}

/** Counts the processes that appear while `act` is at work, of those that are meant. `onStart` is told of each as soon as it is seen. */
export async function watchStarts(
  stage: Stage,
  name: string,
  act: () => Promise<void>,
  onStart: (process: ProcessFacts) => void = () => undefined,
  isMeant: (process: ProcessFacts) => boolean = () => true,
): Promise<void> {
  const startedMs = stage.now();
  const known = new Set(stage.processes().map(identity));
  const started: { atMs: number; pid: number; command: string }[] = [];
  let count = 0;
  let over = false;
  const look = (): boolean => {
    for (const process of stage.processes()) {
      // What is another program yet may become one that is meant.
      if (known.has(identity(process)) || !isMeant(process)) continue;
      known.add(identity(process));
      count++;
      if (started.length < NAMED_STARTS)
        started.push({ atMs: stage.now(), pid: process.pid, command: process.command });
      onStart(process);
    }
    return over;
  };
  await Promise.all([stage.until(look, WATCH_MS), act().finally(() => (over = true))]);
  stage.observe({ kind: "starts", name, startedMs, endedMs: stage.now(), count, started });
}

/** Whether a process runs the program of one of `others`, or is still the copy of it that it began as. */
export function runsProgramOf(others: readonly ProcessFacts[]): (process: ProcessFacts) => boolean {
  const programs = new Set(others.map(programOf));
  return (process) => programs.has(programOf(process));
}

/** `node` of "/usr/bin/node server.js", `puma` of "puma: cluster worker 0", `sh` of "[sh]", which is all that a zombie tells. */
function programOf({ command }: ProcessFacts): string {
  return /^\[?(?:[^\s:]*\/)?([^\s:\]]*)/.exec(command)?.[1] ?? "";
}

/** Waits until as many workers answer as there should be, at least for as long as a reload may take, and records whether they did. */
export async function awaitPool(stage: Stage, name: string, withinMs: number): Promise<void> {
  const startedMs = stage.now();
  let looks = 0;
  let serving: readonly number[] = [];
  const isWhole = await stage.until(
    async () => {
      looks++;
      serving = await stage.servingWorkers();
      return serving.length >= stage.workers;
    },
    Math.max(withinMs, stage.facts.settleMs),
  );
  const endedMs = stage.now();
  const text = `${serving.length} of ${stage.workers} workers answer: ${serving.join(", ")}`;
  const misses = isWhole ? [] : [{ atMs: endedMs, text }];
  stage.observe({ kind: "poll", name, startedMs, endedMs, looks, misses, missCount: misses.length });
}

/** A reused pid is another process. */
function identity({ pid, startTicks }: ProcessFacts): string {
  return `${pid}:${startTicks}`;
}
