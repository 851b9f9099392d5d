import { REQUIREMENTS } from "../spec/catalogue.ts";
import { groupOf } from "../spec/groups.ts";
import type { Requirement } from "../spec/requirement.ts";
import type { Scenario } from "../spec/scenario.ts";
import { UsageError, type CommandIo } from "./io.ts";

/** Lists the rules, all or those of one group, with the scenarios that decide each. */
export async function requirements(
  options: { readonly group?: string; readonly json?: boolean },
  io: CommandIo,
  scenarios: readonly Scenario[],
): Promise<number> {
  const { group } = options;
  const chosen = REQUIREMENTS.filter(({ id }) => group === undefined || groupOf(id) === group).map((rule) => ({
    ...rule,
    scenarios: scenarios.filter(({ decides }) => decides.includes(rule.id)).map(({ id }) => id),
  }));
  if (chosen.length === 0) {
    const groups = [...new Set(REQUIREMENTS.map(({ id }) => groupOf(id)))].join(", ");
    throw new UsageError(`--group ${group}: expected one of ${groups}`);
  }
  io.stdout.write(options.json ? `${JSON.stringify(chosen, undefined, 2)}\n` : chosen.map(describe).join("\n"));
  return 0;
}

function describe(rule: Requirement & { readonly scenarios: readonly string[] }): string {
  const { id, level, sentence, why, clause, evidence, roles, capabilities, scenarios } = rule;
  const lines = [`${id} (${level})`, `  ${sentence}`, `  why: ${why}`];
  if (clause !== undefined) lines.push(`  clause: ${clause}`);
  if (evidence.length > 0) lines.push(`  seen: ${evidence.join(", ")}`);
  if (roles.length > 0) lines.push(`  roles: ${roles.join(", ")}`);
  if (capabilities.length > 0) lines.push(`  needs: ${capabilities.join(", ")}`);
  if (scenarios.length > 0) lines.push(`  decided by: ${scenarios.join(", ")}`);
  return `${lines.join("\n")}\n`;
}
