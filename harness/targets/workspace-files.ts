import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fill, type PlaceholderValues } from "./placeholders.ts";

/** Writes files of a target file into the workspace, placeholders filled in. */
export async function writeWorkspaceFiles(
  files: Readonly<Record<string, string>>,
  root: string,
  values: PlaceholderValues,
): Promise<void> {
  for (const [name, contents] of Object.entries(files)) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, fill(contents, values), { mode: 0o600 });
  }
}
