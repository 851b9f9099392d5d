import { open } from "node:fs/promises";

/** The last `maxBytes` of a file as text, starting at a line if it was cut; empty if there is no such file. */
export async function tailOf(file: string, maxBytes: number): Promise<string> {
  let handle;
  try {
    handle = await open(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - maxBytes);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    const text = buffer.subarray(0, bytesRead).toString("utf8");
    const firstLineEnd = start > 0 ? text.indexOf("\n") : -1;
    return text.slice(firstLineEnd + 1);
  } finally {
    await handle.close();
  }
}

/** The last `count` lines that hold something. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}
