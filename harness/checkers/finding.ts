import { LIMITS } from "../spec/limits.ts";
import type { Evidence, Finding } from "../spec/verdict.ts";

/** `trials` is the number of things that could have gone wrong; `observed` says in figures what was seen. */
export function held(trials: number, observed: string): Finding {
  return { outcome: "held", trials, observed };
}

/** Evidence beyond the limit of items per verdict is cut off; `violations` is the true number. */
export function violated(facts: Omit<Extract<Finding, { outcome: "violated" }>, "outcome">): Finding {
  return { outcome: "violated", ...facts, evidence: facts.evidence.slice(0, LIMITS.evidenceItems) };
}

export function observed(trials: number, text: string): Finding {
  return { outcome: "observed", trials, observed: text };
}

export function unsupported(reason: string): Finding {
  return { outcome: "unsupported", reason };
}

export function inconclusive(reason: string): Finding {
  return { outcome: "inconclusive", reason };
}

/** Something that broke the rule: how often, and where that can be looked up. */
export interface Fault {
  readonly count: number;
  readonly evidence: Evidence;
}

/** `violated` if there is any fault, `held` if there is none though something was tried. */
export function decide(facts: {
  readonly trials: number;
  readonly faults: readonly Fault[];
  readonly expected: string;
  readonly observed: string;
}): Finding {
  const { trials, faults, expected, observed } = facts;
  const violations = faults.reduce((sum, { count }) => sum + count, 0);
  if (violations === 0) return trials > 0 ? held(trials, observed) : inconclusive(`nothing was tried: ${observed}`);
  return violated({ trials, violations, expected, observed, evidence: faults.map(({ evidence }) => evidence) });
}

/** A doubt leaves undecided what would have held; it takes nothing from a violation that was seen. */
export function unlessInDoubt(doubt: string | undefined, finding: Finding): Finding {
  return finding.outcome === "held" && doubt !== undefined ? inconclusive(doubt) : finding;
}
