import type { Pause } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";

interface PauseWatch extends Disposable {
  /** So far, in the order of time. */
  readonly pauses: readonly Pause[];
}

/**
 * Ticks every {@link LIMITS.pauseTickEveryMs} and notes each tick that came more than {@link LIMITS.pauseMs} late: meanwhile the
 * suite read no answer and sent no request, whether its own work or the machine held it up.
 *
 * @param clock milliseconds on the clock of the history.
 */
export function watchPauses(clock: () => number): PauseWatch {
  const pauses: Pause[] = [];
  let dueMs = clock() + LIMITS.pauseTickEveryMs;
  const timer = setInterval(() => {
    const nowMs = clock();
    if (nowMs - dueMs > LIMITS.pauseMs) pauses.push({ fromMs: dueMs, toMs: nowMs });
    dueMs = nowMs + LIMITS.pauseTickEveryMs;
  }, LIMITS.pauseTickEveryMs).unref();
  return { pauses, [Symbol.dispose]: () => clearInterval(timer) };
}
