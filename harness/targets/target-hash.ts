import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { TargetDefinition } from "./target-definition.ts";

/** SHA-256 in hex of what a target is described by: its file, and the probe apps that are put into its releases. */
export async function hashOfTarget({ file, appFolders }: TargetDefinition): Promise<string> {
  const hash = createHash("sha256").update(await readFile(file));
  for (const folder of new Set(appFolders.values())) {
    for (const name of await filesIn(folder)) {
      // Separated, so that no part can pass for the end of another.
      hash.update(`\0${name}\0`).update(await readFile(path.join(folder, name)));
    }
  }
  return hash.digest("hex");
}

/** Relative paths in one order; what an interpreter leaves there is none of the app's. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.split(path.sep).includes("__pycache__"))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}
