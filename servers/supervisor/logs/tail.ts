import { codeOf, openForReading, type FileLayer } from "./file-layer.ts";

/** The last whole lines of `file` within `bytes`; empty where there is no file. */
export async function readTail(files: FileLayer, file: string, bytes: number): Promise<Buffer> {
  try {
    await using handle = await openForReading(files, file);
    const { size } = await handle.stat();
    const start = Math.max(0, size - bytes);
    // One byte more tells whether the first line read is a whole one.
    const from = Math.max(0, start - 1);
    const buffer = Buffer.alloc(size - from);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
    const read = buffer.subarray(0, bytesRead);
    return start === 0 ? read : read.subarray(read.indexOf(10) + 1);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
