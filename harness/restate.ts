import { LISTED_YET_HELD, verdictOf } from "./judge.ts";
import { requirement } from "./spec/catalogue.ts";
import type { TargetRecord } from "./spec/run-record.ts";
import { type Verdict, worstOf } from "./spec/verdict.ts";
import type { KnownFailure } from "./targets/schema.ts";
import { knownFailuresOf, type TargetDefinition } from "./targets/target-definition.ts";

/** A finished run with what the target's file says by now of its failures: what was seen stays as it is. For this version of the catalogue. */
export function restateTarget(target: TargetRecord, { settings }: Pick<TargetDefinition, "settings">): TargetRecord {
  const verdicts = target.verdicts.map((verdict) => {
    const known = knownFailuresOf(settings, verdict.site);
    return restate(
      verdict,
      known.find(({ requirement: id }) => id === verdict.requirement),
    );
  });
  const scenarios = target.scenarios.map((scenario) => {
    const own = verdicts.filter(({ scenario: id, site }) => id === scenario.id && site === scenario.site);
    const isJudged = scenario.status !== "setup-failed" && own.length > 0;
    return isJudged ? { ...scenario, status: worstOf(own.map(({ verdict }) => verdict)) } : scenario;
  });
  return { ...target, verdicts, scenarios };
}

/** One verdict, with another entry of the target's file, or none, on it. */
export function restate(verdict: Verdict, known: KnownFailure | undefined): Verdict {
  const rule = requirement(verdict.requirement);
  const { trials, observed, evidence } = verdict;
  if (isHeld(verdict)) return verdictOf(rule, { outcome: "held", trials, observed }, known, verdict);
  if (!isViolated(verdict)) return verdict;
  const finding = {
    outcome: "violated",
    trials,
    violations: 0,
    expected: verdict.expected,
    observed,
    evidence,
  } as const;
  return { ...verdictOf(rule, finding, known, verdict), bound95: verdict.bound95 };
}

function isHeld({ verdict, reason }: Verdict): boolean {
  return verdict === "pass" || (verdict === "fail" && reason.startsWith(LISTED_YET_HELD));
}

/** What is only observed has no reason. */
function isViolated({ verdict, reason }: Verdict): boolean {
  return ["fail", "warn", "known-failure"].includes(verdict) || (verdict === "info" && reason !== "");
}
