import path from "node:path";
import { requirement } from "./spec/catalogue.ts";
import { whyNotOf } from "./spec/requirement.ts";
import type { Scenario } from "./spec/scenario.ts";
import { capabilitiesOf, type TargetDefinition } from "./targets/target-definition.ts";

/** One replay to do. */
export interface Job {
  readonly definition: TargetDefinition;
  readonly site: string;
  readonly scenario: Scenario;
}

export interface JobSelection {
  readonly scenarios: readonly Scenario[];
  /** Globs on `target/site/group/scenario`, or on ids of scenarios and rules; empty for all. */
  readonly only: readonly string[];
  /** Every scenario on every site. */
  readonly thorough?: boolean;
}

/** What there is to do on a target, in the order in which it is done. */
export function jobsOf(definition: TargetDefinition, selection: JobSelection): readonly Job[] {
  const { scenarios, only, thorough } = selection;
  return scenarios.flatMap((scenario, place) => {
    if (!scenario.roles.includes(definition.settings.role)) return [];
    const jobs = definition.sites.map(({ name: site }): Job => ({ definition, site, scenario }));
    if (scenario.sites !== "one" || thorough) return jobs.filter((job) => isWanted(job, only));
    const able = jobs.filter((job) => whyUnsupported(job) === undefined);
    const turn = able[place % able.length] ?? jobs[0];
    // Asked for by its full name, a site gets what it would not have had its turn for.
    return jobs.filter((job) => (job === turn ? isWanted(job, only) : isNamed(job, only)));
  });
}

/**
 * For a server that is judged as a whole and in parts: what is left to do on a part, because no rule is decided twice. Kept is
 * a replay that decides a rule which no job of `done` can.
 */
export function jobsLeft(jobs: readonly Job[], done: readonly Job[]): readonly Job[] {
  const decided = new Set(done.flatMap(rulesOf));
  return jobs.filter((job) => rulesOf(job).some((rule) => !decided.has(rule)));
}

/** Rules that a job can decide, as far as that is known before it is run. */
function rulesOf(job: Job): readonly string[] {
  if (whyUnsupported(job) !== undefined) return [];
  return job.scenario.decides.filter((id) => whyRuleUnsupported(id, job) === undefined);
}

/** Why a job, though it can be done, does not decide one of its rules; nothing if it does. */
export function whyRuleUnsupported(id: string, job: Job): string | undefined {
  return whyNotOf(requirement(id), { role: job.definition.settings.role, capabilities: capabilitiesFor(job) });
}

/** Why a job can't be done on its target, or would decide nothing there; nothing if it is worth its time. */
export function whyUnsupported(job: Job): string | undefined {
  const { definition, scenario } = job;
  const { settings } = definition;
  const missing = scenario.actions.filter((action) => !settings.actions[action]);
  if (missing.length > 0) return `the target file does not say how to ${missing.join(", ")}`;
  if (settings.probe !== "contract" && !settings.probe.generation) {
    return "without probe.generation, the header that names the release of an answer, no reload can be told from none";
  }
  if (scenario.variant && !settings.variants[scenario.variant]) {
    return `the target file does not say how to start it as the variant ${scenario.variant}`;
  }
  const has = capabilitiesFor(job);
  const lacking = scenario.capabilities.filter((capability) => !has.includes(capability));
  if (lacking.length > 0) return `the target does not have ${lacking.join(", ")}`;
  if (scenario.decides.some((id) => whyRuleUnsupported(id, job) === undefined)) return undefined;
  return "each of its rules speaks of another role, or of a capability that the target does not have";
}

function capabilitiesFor({ definition, site }: Job): readonly string[] {
  const found = definition.sites.find(({ name }) => name === site);
  return found ? capabilitiesOf(definition, found) : [];
}

function isNamed(job: Job, only: readonly string[]): boolean {
  return only.some((glob) => glob.startsWith(`${job.definition.name}/${job.site}/`) && isWanted(job, [glob]));
}

function isWanted({ definition, site, scenario }: Job, only: readonly string[]): boolean {
  if (only.length === 0) return true;
  const names = [`${definition.name}/${site}/${scenario.id}`, scenario.id, ...scenario.decides];
  return only.some((glob) => names.some((name) => path.matchesGlob(name, glob)));
}
