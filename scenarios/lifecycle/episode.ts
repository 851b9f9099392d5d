import type { Stage } from "../../harness/spec/scenario.ts";

/** Gives what `act` does a name, for the rules that speak of it. */
export async function episode(stage: Stage, name: string, act: () => Promise<void>): Promise<void> {
  const startedMs = stage.now();
  await act();
  stage.observe({ kind: "episode", name, startedMs, endedMs: stage.now() });
}

/** For a sweep over moments, where the moment itself is what is tried: until `atMs` on the clock of the history. */
export async function untilMoment(stage: Stage, atMs: number): Promise<void> {
  await stage.until(() => stage.now() >= atMs, Math.max(0, atMs - stage.now()));
}

/** Reading the process table costs the load generator in this process more than the wait between two looks. */
const LOOK_EVERY_MS = 30;

/** Resolves to whether the number of processes that run came to be as wanted in time. */
export function untilRunning(stage: Stage, isSo: (count: number) => boolean, withinMs: number): Promise<boolean> {
  let lookedMs = Number.NEGATIVE_INFINITY;
  return stage.until(() => {
    if (stage.now() - lookedMs < LOOK_EVERY_MS) return false;
    lookedMs = stage.now();
    return isSo(running(stage));
  }, withinMs);
}

/** Processes of the target that are no zombies. */
export function running(stage: Stage): number {
  return stage.processes().filter(({ state }) => state !== "Z").length;
}

/** Workers may be started one after the other, some after the first has answered: until no process has come or gone for so long. */
const CALM_MS = 300;

export async function untilCalm(stage: Stage): Promise<void> {
  let shape = "";
  let sinceMs = stage.now();
  const isCalm = (): boolean => {
    const next = stage
      .processes()
      .map(({ pid }) => pid)
      .join(" ");
    if (next !== shape) sinceMs = stage.now();
    shape = next;
    return stage.now() - sinceMs >= CALM_MS;
  };
  await stage.until(isCalm, stage.facts.settleMs);
}
