import { glob, stat } from "node:fs/promises";
import path from "node:path";
import { lastLines, tailOf } from "../process/tail.ts";
import { fill, type PlaceholderValues } from "./placeholders.ts";
import type { TargetFile } from "./schema.ts";

const LINES = 20;
const BYTES = 16 * 1024;

/** Where the log of a site is found, live file and backups; the captured console where the target file does not say. */
export function logPatternsOf({ logs }: TargetFile, values: PlaceholderValues, consoleFile: string): string[] {
  return logs ? logs.files.map((pattern) => fill(pattern, values)) : [`${consoleFile}*`];
}

/** The last lines of the console, then of the logs, each under its name where there is more than the console. */
export async function lastOutput(consoleFile: string, patterns: readonly string[]): Promise<string> {
  const parts = [lastLines(await tailOf(consoleFile, BYTES), LINES)];
  const files = new Set<string>();
  for (const pattern of patterns) for await (const file of glob(pattern)) files.add(file);
  files.delete(consoleFile);
  for (const file of [...files].sort()) {
    // Packed backups tell a person nothing, and something may have rotated the file away meanwhile.
    if (/\.(gz|zst)$/.test(file) || !(await stat(file).catch(() => undefined))?.isFile()) continue;
    const lines = lastLines(await tailOf(file, BYTES), LINES / 2);
    if (lines !== "") parts.push(`==> ${path.basename(file)}\n${lines}`);
  }
  return parts.filter((part) => part !== "").join("\n");
}
