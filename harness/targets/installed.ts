import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";
import type { Missing } from "./errors.ts";
import type { TargetDefinition } from "./target-definition.ts";

/** What the target requires and this machine lacks. */
export async function missingOf(
  { settings, folder }: Pick<TargetDefinition, "settings" | "folder">,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Missing> {
  const { commands, debian, npm } = settings.requires;
  const folders = (env["PATH"] ?? "").split(path.delimiter).filter((entry) => entry !== "");
  const parents = upwards(folder);
  return {
    commands: await lacking(commands, (command) =>
      command.includes("/") ? [command] : folders.map((entry) => path.join(entry, command)),
    ),
    debian,
    // Where Node itself looks for what a program beside the target file imports.
    npm: await lacking(npm, (name) => parents.map((parent) => path.join(parent, "node_modules", name)), isFolder),
    npmFolder: await npmFolderOf(folder),
  };
}

/** The nearest folder with a package.json, from this one upwards. */
export function npmFolderOf(folder: string): Promise<string | undefined> {
  return firstOf(upwards(folder), (parent) => isFile(path.join(parent, "package.json")));
}

/** Those of `names` that are in none of their places. */
async function lacking(
  names: readonly string[],
  placesOf: (name: string) => readonly string[],
  isThere: (place: string) => Promise<boolean> = isExecutable,
): Promise<string[]> {
  const found = await Promise.all(names.map(async (name) => (await firstOf(placesOf(name), isThere)) !== undefined));
  return names.filter((_, index) => !found[index]);
}

async function firstOf(
  places: readonly string[],
  isThere: (place: string) => Promise<boolean>,
): Promise<string | undefined> {
  const found = await Promise.all(places.map(isThere));
  return places.find((_, index) => found[index]);
}

/** The folder and all above it. */
function upwards(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

async function isExecutable(file: string): Promise<boolean> {
  if (!(await isFile(file))) return false;
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

export async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true;
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => undefined))?.isDirectory() === true;
}
