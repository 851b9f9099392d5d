import { findTarget, readCatalogue } from "../targets/catalogue.ts";
import { unavailableReason } from "../targets/errors.ts";
import { missingOf } from "../targets/installed.ts";
import type { TargetDefinition } from "../targets/target-definition.ts";
import { UsageError, type CommandIo } from "./io.ts";
import { rejectWrongTarget } from "./run.ts";

/** `all` of the catalogue, those of them that are `installed` here, or what is named. */
export interface TargetChoice {
  readonly definitions: readonly TargetDefinition[];
  /** What is not installed is told, not asked for. */
  readonly installedOnly: boolean;
}

/**
 * @throws {UsageError} if a target is unknown, wrongly described, named twice, or asked for and not installed: better now than after an hour.
 */
export async function chooseTargets(
  asked: readonly string[],
  packageRoot: string,
  io: CommandIo,
): Promise<TargetChoice> {
  const installedOnly = asked.includes("installed");
  const whole = installedOnly || asked.includes("all");
  if (whole && asked.length > 1) {
    throw new UsageError(`--targets ${asked.join(" ")}: expected all, or installed, or names, not several of these`);
  }
  const definitions = await find(whole ? undefined : asked, packageRoot, io.cwd);
  const names = definitions.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new UsageError(`--targets: expected each target once, ${twice} is named twice`);
  if (!installedOnly) await rejectMissing(definitions, io);
  return { definitions, installedOnly };
}

async function find(
  asked: readonly string[] | undefined,
  packageRoot: string,
  cwd: string,
): Promise<TargetDefinition[]> {
  try {
    const names = asked ?? (await readCatalogue(packageRoot)).map(({ name }) => name);
    return await Promise.all(names.map((name) => findTarget(name, packageRoot, cwd)));
  } catch (error) {
    rejectWrongTarget(error);
    throw error;
  }
}

async function rejectMissing(definitions: readonly TargetDefinition[], { env }: CommandIo): Promise<void> {
  const lacking = await Promise.all(
    definitions.map(async (definition) => ({ name: definition.name, missing: await missingOf(definition, env) })),
  );
  const named = lacking.filter(({ missing }) => unavailableReason(missing) !== "");
  if (named.length === 0) return;
  const lines = named.map(({ name, missing }) => `  ${name}: ${unavailableReason({ ...missing, debian: [] })}`);
  const packages = [...new Set(named.flatMap(({ missing }) => (missing.commands.length > 0 ? missing.debian : [])))];
  const hint = packages.length > 0 ? `Debian: apt-get install ${packages.join(" ")}; or ` : "";
  throw new UsageError(`not installed:\n${lines.join("\n")}\n${hint}--targets installed for what there is`);
}
