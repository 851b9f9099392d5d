import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { ConfigFileError, type FileProblem, parseYaml, problemAt } from "../../config/positioned-yaml.ts";
import { checkPlaceholders, portNames } from "./placeholders.ts";
import { CONTROL_PARTS, type Capability, type Variant } from "../spec/target-facts.ts";
import { targetSchema, type KnownFailure, type TargetFile, type TargetSite } from "./schema.ts";

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
  /** Environment that this run adds to the target file's own. */
  readonly addedEnv: Readonly<Record<string, string>>;
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
  if (settings.start === undefined) return declared;
  const { control, main, probe } = settings;
  const supervises = settings.role === "stack" || settings.role === "supervisor";
  return [
    ...declared,
    "processes",
    ...(probe === "contract" ? (["contract"] as const) : []),
    ...(settings.logs ? (["log-files"] as const) : (["log-pipe"] as const)),
    ...(!settings.logs || (supervises && settings.logs.relayed) ? (["log-relay"] as const) : []),
    ...("pidfile" in main ? (["pidfile"] as const) : []),
    ...(control ? (["control"] as const) : []),
    ...CONTROL_PARTS.filter((part) => control?.[part] !== undefined).map((part) => `control-${part}` as const),
    ...(settings.badConfig ? (["bad-config"] as const) : []),
    ...(settings.upstream ? (["origin"] as const) : []),
  ];
}

export function knownFailuresOf({ knownFailures }: TargetFile, site: string): readonly KnownFailure[] {
  return knownFailures.filter(({ sites }) => !sites || sites.includes(site));
}

/** The same target with more in its environment; placeholders in the values are filled in. */
export function withEnv(definition: TargetDefinition, addedEnv: Readonly<Record<string, string>>): TargetDefinition {
  const { settings } = definition;
  return { ...definition, addedEnv, settings: { ...settings, env: { ...settings.env, ...addedEnv } } };
}

/** The same target, started in another way; undefined if its file does not say how. */
export function withVariant(definition: TargetDefinition, name: Variant): TargetDefinition | undefined {
  const { settings } = definition;
  const variant = settings.variants[name];
  if (!variant) return undefined;
  const { env, files, args = [], ...replaced } = variant;
  const given = Object.fromEntries(Object.entries(replaced).filter(([, value]) => value !== undefined));
  const changed: TargetFile = {
    ...settings,
    ...given,
    start: [...(variant.start ?? settings.start ?? []), ...args],
    env: { ...settings.env, ...env, ...definition.addedEnv },
    files: { ...settings.files, ...files },
  };
  const sites = definition.sites.map((site) => (variant.url === undefined ? site : { ...site, url: variant.url }));
  return { ...definition, settings: changed, sites };
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
    const found = reason === "EISDIR" ? ", found a folder" : ` (${reason})`;
    const message = `expected a readable target file${found}`;
    throw new ConfigFileError([{ file, line: 1, column: 1, key: "", message }], { cause });
  }
  const definition = parseTargetFile(text, absolute, appsFolder);
  await expectFiles(definition, text, appsFolder);
  return definition;
}

/** Folders and files that the target file names have to be there before anything is started. */
async function expectFiles(
  { file, folder, settings, sites, appFolders }: TargetDefinition,
  text: string,
  appsFolder: string,
): Promise<void> {
  const problems: FileProblem[] = [];
  for (const [index, { name, app }] of sites.entries()) {
    const appFolder = appFolders.get(name);
    if (appFolder === undefined || (await stat(appFolder).catch(() => undefined))?.isDirectory()) continue;
    const known = (await readdir(appsFolder).catch(() => [])).join(", ");
    const message = `expected none, one of the ready-made probe apps ${known}, or a folder beside the target file such as ./app; there is no ${appFolder}`;
    problems.push(problemAt(text, file, app === undefined ? ["app"] : ["sites", index, "app"], message));
  }
  for (const [name, contents] of Object.entries(settings.files)) {
    if (typeof contents === "string") continue;
    // Other placeholders are filled in at the start only.
    const source = contents.copy.replaceAll("${targetDir}", folder);
    if (source.includes("${") || (await stat(source).catch(() => undefined))?.isFile()) continue;
    problems.push(problemAt(text, file, ["files", name, "copy"], `expected a file, there is no ${source}`));
  }
  if (problems.length > 0) throw new ConfigFileError(problems);
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
    addedEnv: {},
    sites,
    ports: [...portNames(text)],
    appFolders,
  };
}
