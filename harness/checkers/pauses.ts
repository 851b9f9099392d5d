import type { History } from "../spec/history.ts";

/** For how much of the time between two instants the suite itself did not get to run. */
export function pausedMs({ pauses }: History, fromMs: number, toMs: number): number {
  return pauses.reduce((sum, pause) => {
    return sum + Math.max(0, Math.min(pause.toMs, toMs) - Math.max(pause.fromMs, fromMs));
  }, 0);
}

/** In words, if something that was waited for in vain had less than `neededMs` without the pauses of the suite. */
export function whySuitePaused(
  history: History,
  { startedMs, endedMs }: { readonly startedMs: number; readonly endedMs: number },
  neededMs: number,
): string | undefined {
  const paused = pausedMs(history, startedMs, endedMs);
  if (paused === 0 || endedMs - startedMs - paused >= neededMs) return undefined;
  return `the suite itself did not get to run for ${paused.toFixed(0)} ms meanwhile`;
}
