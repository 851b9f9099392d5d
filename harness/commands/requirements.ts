import { REQUIREMENTS } from "../spec/catalogue.ts";
import type { Requirement } from "../spec/requirement.ts";
import { UsageError, type CommandIo } from "./io.ts";

/** Lists the rules, all or those of one group. */
export async function requirements(
  options: { readonly group?: string; readonly json?: boolean },
  io: CommandIo,
): Promise<number> {
  const { group } = options;
  const chosen = group === undefined ? REQUIREMENTS : REQUIREMENTS.filter(({ id }) => groupOf(id) === group);
  if (chosen.length === 0) {
    const groups = [...new Set(REQUIREMENTS.map(({ id }) => groupOf(id)))].join(", ");
    throw new UsageError(`--group ${group}: expected one of ${groups}`);
  }
  io.stdout.write(options.json ? `${JSON.stringify(chosen, undefined, 2)}\n` : chosen.map(describe).join("\n"));
  return 0;
}

function groupOf(id: string): string {
  return id.split("/")[0] ?? id;
}

function describe({ id, level, sentence, why, evidence, roles, capabilities }: Requirement): string {
  const lines = [`${id} (${level})`, `  ${sentence}`, `  why: ${why}`];
  if (evidence.length > 0) lines.push(`  seen: ${evidence.join(", ")}`);
  if (roles.length > 0) lines.push(`  roles: ${roles.join(", ")}`);
  if (capabilities.length > 0) lines.push(`  needs: ${capabilities.join(", ")}`);
  return `${lines.join("\n")}\n`;
}
