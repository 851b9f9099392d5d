import { judge, verdictOf } from "./judge.ts";
import { metricsOf, NO_METRICS } from "./metrics.ts";
import { requirement } from "./spec/catalogue.ts";
import type { History } from "./spec/history.ts";
import { LIMITS } from "./spec/limits.ts";
import type { ScenarioRecord } from "./spec/run-record.ts";
import type { Scenario } from "./spec/scenario.ts";
import { type Verdict, worstOf } from "./spec/verdict.ts";
import { drivePhase } from "./stage/drive-phase.ts";
import { bootTarget } from "./targets/boot.ts";
import { workersFor } from "./workers.ts";
import { knownFailuresOf, withVariant, type TargetDefinition } from "./targets/target-definition.ts";

export interface ScenarioPlan {
  readonly definition: TargetDefinition;
  readonly site: string;
  readonly scenario: Scenario;
  readonly runId: string;
  /** Environment that the target inherits; usually `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Take more time, and decide with more trials. */
  readonly thorough: boolean;
  onPhase(phase: "boot" | "control" | "trial" | "check"): void;
}

export interface ScenarioResult {
  readonly record: ScenarioRecord;
  readonly verdicts: readonly Verdict[];
  readonly histories: { readonly control: History; readonly trial: History };
}

/**
 * Boots the target, drives the control and the trial, and judges the histories. Nothing of the target is left when it
 * returns or throws.
 *
 * @throws {TargetUnavailableError} if a command is missing.
 * @throws {TargetBootError} if the target does not come up.
 */
export async function runScenario(plan: ScenarioPlan): Promise<ScenarioResult> {
  const { definition, site, scenario } = plan;
  const startedMs = performance.now();
  let histories = await replay(plan);
  let replays = 1;
  // What nobody has judged may be done again; a verdict never is.
  for (; replays < LIMITS.replays && isTooBusy(histories); replays++) histories = await replay(plan);
  plan.onPhase("check");
  const verdicts = judge(scenario, histories, {
    knownFailures: knownFailuresOf(definition.settings, site),
    repeat: repeatCommand({ definition, site, scenario }),
  });
  const record: ScenarioRecord = {
    id: scenario.id,
    site,
    status: worstOf(verdicts.map(({ verdict }) => verdict)),
    durationMs: performance.now() - startedMs,
    replays,
    metrics: metricsOf(histories.trial),
  };
  return { record, verdicts, histories };
}

/** The machine had no time for the generator: whatever the target did, no rule is decided by it. */
function isTooBusy({ control, trial }: ScenarioResult["histories"]): boolean {
  return [control, trial].some(({ loads }) => loads.some(({ scheduleKept }) => !scheduleKept));
}

async function replay(plan: ScenarioPlan): Promise<ScenarioResult["histories"]> {
  const { site, scenario, runId, env, signal, thorough } = plan;
  plan.onPhase("boot");
  const definition = scenario.variant ? withVariant(plan.definition, scenario.variant) : plan.definition;
  if (!definition) throw new TypeError(`expected ${plan.definition.name} to have the variant ${scenario.variant}`);
  const workers = workersFor(scenario, definition.settings);
  await using target = await bootTarget(definition, { workers, runId, env, signal, sink: scenario.sink ?? "file" });
  plan.onPhase("control");
  const control = await drivePhase({ target, site, scenario, phase: "control", runId, signal, thorough });
  plan.onPhase("trial");
  const trial = await drivePhase({ target, site, scenario, phase: "trial", runId, signal, thorough });
  return { control, trial };
}

/** The verdicts of a scenario that was not replayed: the same for each rule that it would have decided. */
export function withoutReplay(
  { definition, site, scenario }: Pick<ScenarioPlan, "definition" | "site" | "scenario">,
  outcome: "unsupported" | "inconclusive",
  reason: string,
  durationMs = 0,
): Pick<ScenarioResult, "record" | "verdicts"> {
  const repeat = repeatCommand({ definition, site, scenario });
  const verdicts = scenario.decides.map((id) =>
    verdictOf(requirement(id), { outcome, reason }, undefined, { scenario: scenario.id, site, repeat }),
  );
  return { record: { id: scenario.id, site, status: outcome, durationMs, replays: 0, metrics: NO_METRICS }, verdicts };
}

function repeatCommand({ definition, site, scenario }: Pick<ScenarioPlan, "definition" | "site" | "scenario">): string {
  const env = Object.entries(definition.addedEnv).map(([name, value]) => ` --env '${name}=${value}'`);
  return `npx hupspec run --target ${definition.askedFor}${env.join("")} --only '${definition.name}/${site}/${scenario.id}'`;
}
