import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { isFile, npmFolderOf } from "./installed.ts";
import type { TargetDefinition } from "./target-definition.ts";

/**
 * SHA-256 in hex of what a target is described by: its settings, the probe apps that are put into its releases, the files that it names by
 * `${targetDir}/...` with those that they name in turn, and the lock file where it requires something of npm. Nothing else of its folder,
 * in which a service may write its log, or the suite a report; and not its known failures, which change what is said of it, not what it does.
 */
export async function hashOfTarget({ folder, settings, appFolders }: TargetDefinition): Promise<string> {
  const { knownFailures: _knownFailures, ...described } = settings;
  const hash = createHash("sha256").update(JSON.stringify(described));
  // Separated, so that no part can pass for the end of another.
  const add = async (name: string, part: string): Promise<unknown> =>
    hash.update(`\0${name}\0`).update(await readFile(part));
  for (const apps of new Set(appFolders.values())) {
    for (const name of await filesIn(apps)) await add(name, path.join(apps, name));
  }
  // What tells the version is known by what it tells.
  const { version: _version, ...rest } = described;
  const named = new Set<string>();
  for (const text of stringsIn(rest)) for (const one of namedBy(text, folder)) await follow(one, folder, named);
  const npmFolder = settings.requires.npm.length > 0 ? await npmFolderOf(folder) : undefined;
  if (npmFolder !== undefined) await follow(path.join(npmFolder, "package-lock.json"), folder, named);
  const relative = [...named].map((one) => path.relative(folder, one));
  for (const name of relative.toSorted()) await add(name, path.join(folder, name));
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

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

/** The argument as a whole, for a path may have blanks, and the paths in a longer text. */
function namedBy(text: string, folder: string): string[] {
  const [, whole] = /^\$\{targetDir\}(\/.*)$/s.exec(text) ?? [];
  const parts = [...text.matchAll(/\$\{targetDir\}(\/[^\s"'`;,:()]+)/g)].map(([, part = ""]) => part);
  return [...(whole === undefined ? [] : [whole]), ...parts].map((name) => path.join(folder, name));
}

/** As imports, scripts and configuration have it: `./x`, `../x`. */
const RELATIVE = /(?<=["'`\s=:(])\.{1,2}\/[\w@./-]+/g;

/** Adds a file and what it names by a relative path; installed packages stand in the lock file. */
async function follow(file: string, folder: string, found: Set<string>): Promise<void> {
  // Those above the target are another matter: this suite may be an installed package itself.
  const isInstalled = path.relative(folder, file).split(path.sep).includes("node_modules");
  if (isInstalled || found.has(file) || !(await isFile(file))) return;
  found.add(file);
  const text = await readFile(file, "utf8");
  for (const [name] of text.matchAll(RELATIVE)) await follow(path.resolve(path.dirname(file), name), folder, found);
}
