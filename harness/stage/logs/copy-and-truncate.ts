import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { TamperedFile } from "../../spec/log-hands.ts";

const CHUNK_BYTES = 64 * 1024;

/**
 * Copies a file that somebody writes to until a read finds nothing more, and empties it. The gap between the two is the
 * shortest that can be had: what is lost all the same is lost by the method.
 */
export async function copyAndTruncate(file: string, to: string): Promise<Partial<TamperedFile>> {
  await using live = await open(file, constants.O_RDWR | constants.O_NOFOLLOW);
  const { mode } = await live.stat();
  await using copy = await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode & 0o777);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const readMs = performance.now();
    const { bytesRead } = await live.read(chunk, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) {
      await live.truncate(0);
      return { to, gapMs: performance.now() - readMs };
    }
    await copy.writeFile(chunk.subarray(0, bytesRead));
  }
}
