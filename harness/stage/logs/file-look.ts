import type { Stats } from "node:fs";
import { lstat, open } from "node:fs/promises";
import type { FileLook } from "../../spec/observation.ts";
import type { HistoryRecorder } from "../recorder.ts";

const TEXT_BYTES = 200;
const CHUNK_BYTES = 64 * 1024;

/** Records a path as it is now. */
export async function lookAtFile(recorder: HistoryRecorder, name: string, path: string): Promise<void> {
  const atMs = recorder.now();
  const facts = await factsOf(path);
  recorder.observations.push({ kind: "file", name, path, atMs, ...(facts && { facts }) });
}

async function factsOf(path: string): Promise<FileLook["facts"]> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!stats) return undefined;
  const type = typeOf(stats);
  return {
    type,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    inode: stats.ino,
    bytes: stats.size,
    ...(type === "file" && (await beginningOf(path))),
  };
}

async function beginningOf(path: string): Promise<{ text: string; leadingZeros: number } | undefined> {
  await using file = await open(path, "r").catch(() => undefined);
  if (!file) return undefined;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let text = "";
  let leadingZeros = 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, null);
    const read = chunk.subarray(0, bytesRead);
    if (text === "") text = read.toString("latin1", 0, TEXT_BYTES);
    const other = read.findIndex((byte) => byte !== 0);
    leadingZeros += other === -1 ? bytesRead : other;
    if (bytesRead === 0 || other !== -1) return { text, leadingZeros };
  }
}

function typeOf(stats: Stats): NonNullable<FileLook["facts"]>["type"] {
  if (stats.isSymbolicLink()) return "link";
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  if (stats.isSocket()) return "socket";
  return stats.isFIFO() ? "fifo" : "other";
}
