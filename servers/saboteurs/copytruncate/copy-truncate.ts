import { constants } from "node:fs";
import { open, rename, stat, type FileHandle } from "node:fs/promises";

const CHUNK_BYTES = 64 * 1024;

/**
 * Rotates a file that somebody else goes on writing to: `file.1` becomes `file.2` and so on up to `backups`, the content
 * is copied to `file.1`, and the file is emptied. What arrives between the end of the copy and the truncation is in
 * neither. Nothing widens that gap: in it lies only the sync of the copy, as logrotate does it too, lest a crash take the
 * records that the truncation has already removed.
 */
export async function copyTruncate(file: string, backups: number): Promise<void> {
  for (let number = backups - 1; number >= 1; number--)
    await renameIfThere(`${file}.${number}`, `${file}.${number + 1}`);
  await using live = await open(file, constants.O_RDWR);
  await using copy = await open(`${file}.1`, "w");
  await copyAll(live, copy);
  await copy.sync();
  await live.truncate(0);
}

export async function isTooLarge(file: string, maxBytes: number): Promise<boolean> {
  return (await stat(file)).size > maxBytes;
}

/** Copies until a read finds nothing more, so that what is written meanwhile is taken along. */
async function copyAll(from: FileHandle, to: FileHandle): Promise<void> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await from.read(chunk, 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    await to.writeFile(chunk.subarray(0, bytesRead));
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
