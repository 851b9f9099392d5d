import { setTimeout as delay } from "node:timers/promises";

const CHECK_EVERY_MS = 10;

/**
 * For what sends no event, such as the end of somebody else's process: looks every few milliseconds until
 * `isSo` says yes, at most `withinMs`. Resolves to whether it came true.
 */
export async function waitUntil(
  isSo: () => boolean | Promise<boolean>,
  withinMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await isSo()) return true;
    if (performance.now() >= deadline) return false;
    await delay(CHECK_EVERY_MS);
  }
}
