import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fill, type PlaceholderValues } from "./placeholders.ts";
import type { WorkspaceFiles } from "./schema.ts";

/** Writes files of a target file into the workspace: placeholders filled in, or copies of other files as they are. */
export async function writeWorkspaceFiles(
  files: WorkspaceFiles,
  root: string,
  values: PlaceholderValues,
): Promise<void> {
  for (const [name, contents] of Object.entries(files)) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    if (typeof contents === "string") await writeFile(file, fill(contents, values), { mode: 0o600 });
    else await copyFile(fill(contents.copy, values), file);
  }
}

/** Files of the workspace that other contents are put in place of for a while. */
export class OverwrittenFiles {
  readonly #root: string;
  /** Contents before; undefined for a file that was not there. */
  readonly #before = new Map<string, Buffer | undefined>();

  constructor(root: string) {
    this.#root = root;
  }

  async overwrite(files: WorkspaceFiles, values: PlaceholderValues): Promise<void> {
    for (const name of Object.keys(files)) {
      const file = path.join(this.#root, name);
      if (!this.#before.has(file)) this.#before.set(file, await contentsOf(file));
    }
    await writeWorkspaceFiles(files, this.#root, values);
  }

  /** Puts all of them back as they were. Idempotent. */
  async restore(): Promise<void> {
    for (const [file, contents] of this.#before) {
      if (contents === undefined) await rm(file, { force: true });
      else await writeFile(file, contents);
    }
    this.#before.clear();
  }
}

async function contentsOf(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
