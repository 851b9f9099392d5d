import type { Readable } from "node:stream";

const LOOK_MS = 50;

/**
 * Waits for the output of a process that has ended to be read to its end, which `ended` tells. Somebody whom it started
 * may hold a channel open for ever: after `boundMs` all are closed. Time in which a channel is held up by our own side
 * does not count, for then what is left in it has yet to be read.
 *
 * Resolves to whether the channels had to be closed.
 */
export async function closeLate(
  channels: readonly Readable[],
  ended: Promise<unknown>,
  boundMs: number,
): Promise<boolean> {
  const finished = ended.then(() => true);
  for (let leftMs = boundMs; leftMs > 0;) {
    const look = Promise.withResolvers<false>();
    const timer = setTimeout(() => look.resolve(false), LOOK_MS);
    const isOver = await Promise.race([finished, look.promise]);
    clearTimeout(timer);
    if (isOver) return false;
    if (!channels.some((channel) => channel.isPaused())) leftMs -= LOOK_MS;
  }
  for (const channel of channels) channel.destroy();
  return true;
}
