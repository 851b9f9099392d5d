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
