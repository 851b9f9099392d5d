import { readFile } from "node:fs/promises";
import path from "node:path";
import { ConfigFileError, parseYaml } from "../../config/positioned-yaml.ts";
import { checkPlaceholders, portNames } from "./placeholders.ts";
import type { Capability } from "../spec/target-facts.ts";
import { targetSchema, type TargetFile, type TargetSite } from "./schema.ts";

/** The one site of a target file without `sites`. */
export const MAIN_SITE = "main";

/** A target file that was read and found right; its placeholders are not filled in yet. */
export interface TargetDefinition {
  readonly name: string;
  /** What a person types to name it: its name in the catalogue, or the path that was given. */
  readonly askedFor: string;
  /** Absolute path of the target file, and its folder. */
  readonly file: string;
  readonly folder: string;
  readonly settings: TargetFile;
  /** At least one; {@link MAIN_SITE} where the file names none. */
  readonly sites: readonly TargetSite[];
  /** Names of the ports to reserve. */
  readonly ports: readonly string[];
  /** Folder of the probe app of each site, where it has one. */
  readonly appFolders: ReadonlyMap<string, string>;
}

/** What a site can do: what it or the target declares, and what follows from how it is probed. */
export function capabilitiesOf(
  { settings }: Pick<TargetDefinition, "settings">,
  site: TargetSite,
): readonly Capability[] {
  const declared = site.capabilities ?? settings.capabilities;
  return settings.probe === "contract" ? [...declared, "contract"] : declared;
}

/**
 * Reads a target file.
 *
 * @param appsFolder where the ready-made probe apps stand.
 * @throws {ConfigFileError} naming file, line, column, key and what was expected.
 */
export async function readTargetFile(file: string, appsFolder: string): Promise<TargetDefinition> {
  const absolute = path.resolve(file);
  let text: string;
  try {
    text = await readFile(absolute, "utf8");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const message = `expected a readable target file (${reason})`;
    throw new ConfigFileError([{ file, line: 1, column: 1, key: "", message }], { cause });
  }
  return parseTargetFile(text, absolute, appsFolder);
}

/** Like {@link readTargetFile} for text already read. */
export function parseTargetFile(text: string, file: string, appsFolder: string): TargetDefinition {
  const settings = parseYaml(text, file, targetSchema);
  const folder = path.dirname(file);
  const sites: readonly TargetSite[] =
    settings.sites.length > 0 ? settings.sites : [{ name: MAIN_SITE, url: settings.url ?? "" }];
  checkPlaceholders(
    text,
    file,
    sites.map(({ name }) => name),
  );
  const appFolders = new Map<string, string>();
  for (const { name, app = settings.app } of sites) {
    if (app !== "none")
      appFolders.set(name, app.startsWith(".") ? path.resolve(folder, app) : path.join(appsFolder, app));
  }
  return {
    name: settings.name,
    askedFor: file,
    file,
    folder,
    settings,
    sites,
    ports: [...portNames(text)],
    appFolders,
  };
}
