import { circumstancesOf } from "./circumstances.ts";
import { CHECKERS } from "./checkers/index.ts";
import { bound95 } from "./spec/bound95.ts";
import { requirement } from "./spec/catalogue.ts";
import type { History } from "./spec/history.ts";
import { type Level, type Requirement, whyNotOf } from "./spec/requirement.ts";
import type { Scenario } from "./spec/scenario.ts";
import type { Finding, Verdict, VerdictKind } from "./spec/verdict.ts";
import type { KnownFailure } from "./targets/schema.ts";

/** Turns the two histories of a scenario into one verdict per rule that the scenario decides. */
export function judge(
  scenario: Scenario,
  histories: { readonly control: History; readonly trial: History },
  options: { readonly knownFailures: readonly KnownFailure[]; readonly repeat: string },
): readonly Verdict[] {
  const doubt = whyControlUnsound(histories.control) ?? whyGeneratorLate(histories.trial);
  return scenario.decides.map((id) => {
    const rule = requirement(id);
    const found = whyUnsupported(rule, histories.trial) ?? (doubt ? inconclusive(doubt) : check(id, histories.trial));
    const finding = withCircumstances(found, histories.trial);
    const known = options.knownFailures.find((failure) => failure.requirement === id);
    const place = { scenario: scenario.id, site: histories.trial.target.site, repeat: options.repeat };
    return verdictOf(rule, finding, known, place);
  });
}

function withCircumstances(finding: Finding, trial: History): Finding {
  if (finding.outcome !== "violated") return finding;
  return { ...finding, evidence: [...finding.evidence, ...circumstancesOf(trial)] };
}

// A crash of a checker says nothing about the target.
function check(id: string, history: History): Finding {
  const checker = CHECKERS[id];
  if (!checker) return inconclusive(`no checker decides ${id}`);
  try {
    return checker(history);
  } catch (error) {
    return inconclusive(
      `the checker of ${id} crashed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

function whyUnsupported(rule: Requirement, { target }: History): Finding | undefined {
  const reason = whyNotOf(rule, target);
  return reason === undefined ? undefined : { outcome: "unsupported", reason };
}

/** Why the workload alone, without any action, already went wrong; nothing if it did not. */
export function whyControlUnsound(control: History): string | undefined {
  for (const load of control.loads) {
    if (!load.scheduleKept) return `the generator was late in the control (${describeLateness(load.lateness.p99)})`;
    const failed = load.intended - (load.tally.ok ?? 0);
    if (failed > 0) {
      const classes = Object.entries(load.tally).filter(([outcome]) => outcome !== "ok");
      const list = classes.map(([outcome, count]) => `${count} ${outcome}`).join(", ");
      return `the control, without any reload or rotation, lost ${failed} of ${load.intended} requests of ${load.name}: ${list}`;
    }
  }
  const held = control.held.find(({ row }) => row.outcome !== "ok");
  if (held) return `a held request of the control ended as ${held.row.outcome}, without any reload`;
  if (control.loads.length + control.held.length + control.observations.length === 0) return "the control did nothing";
  return undefined;
}

function whyGeneratorLate(trial: History): string | undefined {
  const late = trial.loads.find(({ scheduleKept }) => !scheduleKept);
  return late && `the generator could not keep the schedule of ${late.name} (${describeLateness(late.lateness.p99)})`;
}

function describeLateness(p99: number): string {
  return `p99 of its own lateness ${p99.toFixed(1)} ms`;
}

function inconclusive(reason: string): Finding {
  return { outcome: "inconclusive", reason };
}

/** How the reason begins where a rule holds that the target's file says does not. */
export const LISTED_YET_HELD = "listed as a known failure";

/** Applies the level of the rule, and what the target's file says of it, to a finding. */
export function verdictOf(
  rule: Requirement,
  finding: Finding,
  known: KnownFailure | undefined,
  place: Pick<Verdict, "scenario" | "site" | "repeat">,
): Verdict {
  const { scenario, site, repeat } = place;
  const base = {
    requirement: rule.id,
    level: rule.level,
    scenario,
    site,
    repeat,
    reason: "",
    expected: rule.sentence,
    observed: "",
    trials: 0,
    bound95: 1,
    evidence: [],
  };
  switch (finding.outcome) {
    case "unsupported":
    case "inconclusive":
      return { ...base, verdict: finding.outcome, reason: finding.reason };
    case "observed":
      return { ...base, verdict: "info", observed: finding.observed, trials: finding.trials };
    case "held": {
      const { trials, observed } = finding;
      const passed = { ...base, observed, trials, bound95: bound95(0, trials) };
      if (!known || known.intermittent) return { ...passed, verdict: "pass" };
      return {
        ...passed,
        verdict: "fail",
        reason: `${LISTED_YET_HELD} (${known.reason}), but it holds: take it off the list`,
      };
    }
    case "violated": {
      const { trials, violations, expected, observed, evidence } = finding;
      const violated = { ...base, expected, observed, trials, evidence, bound95: bound95(violations, trials) };
      if (known)
        return {
          ...violated,
          verdict: "known-failure",
          reason: [known.reason, known.link].filter(Boolean).join(" - "),
        };
      return { ...violated, verdict: VERDICT_OF_VIOLATION[rule.level], reason: rule.sentence };
    }
  }
}

const VERDICT_OF_VIOLATION = {
  MUST: "fail",
  SHOULD: "warn",
  BEST: "info",
  CHECK: "info",
} as const satisfies Readonly<Record<Level, VerdictKind>>;
