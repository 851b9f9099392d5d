import type { History, Pause } from "../spec/history.ts";

/** For how much of the time between two instants the suite itself did not get to run. */
export function pausedMs({ pauses }: History, fromMs: number, toMs: number): number {
  return pauses.reduce((sum, pause) => {
    return sum + Math.max(0, Math.min(pause.toMs, toMs) - Math.max(pause.fromMs, fromMs));
  }, 0);
}

/** The time between two instants, less what the suite itself could not see of it. */
export function waitedMs(history: History, fromMs: number, toMs: number): number {
  return toMs - fromMs - pausedMs(history, fromMs, toMs);
}

/** A span with its length, and for how much of it the suite itself did not get to run. */
export interface Timed extends Pause {
  readonly ms: number;
  readonly pausedMs: number;
}

/** The longest of some spans, and the one that is longest without the pauses of the suite in it: nobody answers who is not asked. */
export function longestOf(
  history: History,
  spans: readonly Pause[],
): { readonly longest: Timed; readonly proven: Timed } | undefined {
  const timed = spans.map(({ fromMs, toMs }) => ({
    fromMs,
    toMs,
    ms: toMs - fromMs,
    pausedMs: pausedMs(history, fromMs, toMs),
  }));
  const [first, ...others] = timed;
  if (!first) return undefined;
  return {
    longest: others.reduce((best, span) => (span.ms > best.ms ? span : best), first),
    proven: others.reduce((best, span) => (provenMs(span) > provenMs(best) ? span : best), first),
  };
}

/** Of a span, what was no pause of the suite. */
export function provenMs({ ms, pausedMs }: Timed): number {
  return ms - pausedMs;
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
