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
