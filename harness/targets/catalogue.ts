import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { unavailableReason } from "./errors.ts";
import { missingOf } from "./installed.ts";
import { readTargetFile, type TargetDefinition } from "./target-definition.ts";

export interface CatalogueEntry {
  /** What the user types. */
  readonly name: string;
  readonly file: string;
}

export interface CatalogueListing extends CatalogueEntry {
  readonly definition: TargetDefinition;
  /** Empty if all that it needs is installed. */
  readonly unavailable: string;
}

/** The user named a target that does not exist. */
export class UnknownTargetError extends Error {
  override readonly name = "UnknownTargetError";
}

const SUFFIX = ".target.yaml";

/**
 * Targets that come with the package: `servers/NAME.target.yaml` and `servers/peers/NAME/target.yaml`, by name.
 *
 * @param packageRoot folder of hupspec's own package.json.
 */
export async function readCatalogue(packageRoot: string): Promise<CatalogueEntry[]> {
  const servers = path.join(packageRoot, "servers");
  const own = (await namesIn(servers))
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => ({ name: name.slice(0, -SUFFIX.length), file: path.join(servers, name) }));
  const peersFolder = path.join(servers, "peers");
  const peers: CatalogueEntry[] = [];
  for (const name of await namesIn(peersFolder)) {
    const file = path.join(peersFolder, name, "target.yaml");
    if ((await stat(file).catch(() => undefined))?.isFile()) peers.push({ name, file });
  }
  return [...own.sort(byName), ...peers.sort(byName)];
}

/**
 * Finds a target by its name in the catalogue or by the path of its file (relative to `cwd`).
 *
 * @throws {UnknownTargetError} naming those that there are.
 * @throws {ConfigFileError} if its file is wrong.
 */
export async function findTarget(nameOrPath: string, packageRoot: string, cwd: string): Promise<TargetDefinition> {
  if (/[/\\]|\.ya?ml$/.test(nameOrPath)) {
    return {
      ...(await readTargetFile(path.resolve(cwd, nameOrPath), appsFolderOf(packageRoot))),
      askedFor: nameOrPath,
    };
  }
  const catalogue = await readCatalogue(packageRoot);
  const entry = catalogue.find(({ name }) => name === nameOrPath);
  if (entry) return { ...(await readTargetFile(entry.file, appsFolderOf(packageRoot))), askedFor: nameOrPath };
  const names = catalogue.map(({ name }) => name).join(", ");
  throw new UnknownTargetError(`unknown target "${nameOrPath}", expected the path of a target file or one of ${names}`);
}

/** The whole catalogue with what is missing on this machine. */
export async function listCatalogue(
  packageRoot: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CatalogueListing[]> {
  return Promise.all(
    (await readCatalogue(packageRoot)).map(async (entry) => {
      const definition = await readTargetFile(entry.file, appsFolderOf(packageRoot));
      return { ...entry, definition, unavailable: unavailableReason(await missingOf(definition, env)) };
    }),
  );
}

export function appsFolderOf(packageRoot: string): string {
  return path.join(packageRoot, "servers", "peers", "apps");
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

function byName(a: CatalogueEntry, b: CatalogueEntry): number {
  return a.name.localeCompare(b.name);
}
