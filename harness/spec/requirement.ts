import type { Capability, Role } from "./target-facts.ts";

/** MUST fails the target, SHOULD warns, BEST and CHECK only inform. */
export const LEVELS = ["MUST", "SHOULD", "BEST", "CHECK"] as const;
export type Level = (typeof LEVELS)[number];

/** One rule of the specification. Its checker stands in `harness/checkers/<group>.ts` under the same id. */
export interface Requirement {
  /** `group/slug`; stable for ever. */
  readonly id: string;
  readonly level: Level;
  /** The rule in one sentence. */
  readonly sentence: string;
  readonly why: string;
  /** Public threads (`owner/repo#n`) or documents that show the failure. */
  readonly evidence: readonly string[];
  /** The clause of a standard or manual that says so, as in "RFC 9112, section 9.6", where there is one. */
  readonly clause?: string;
  /** Roles that it speaks of; empty for all. */
  readonly roles: readonly Role[];
  readonly capabilities: readonly Capability[];
}

/** Why a rule does not speak of a target; nothing if it does. */
export function whyNotOf(
  { roles, capabilities }: Pick<Requirement, "roles" | "capabilities">,
  target: { readonly role: Role; readonly capabilities: readonly string[] },
): string | undefined {
  if (roles.length > 0 && !roles.includes(target.role)) {
    return `speaks of ${roles.join(", ")}; the target is a ${target.role}`;
  }
  const missing = capabilities.filter((capability) => !target.capabilities.includes(capability));
  return missing.length === 0 ? undefined : `the target does not have ${missing.join(", ")}`;
}
