import path from "node:path";
import { environmentFacts } from "./environment.ts";
import { runScenario, withoutReplay } from "./run-scenario.ts";
import { CATALOGUE_VERSION } from "./spec/catalogue-changes.ts";
import type { History } from "./spec/history.ts";
import type { ProgressEvent } from "./spec/progress.ts";
import type { RunRecord, ScenarioRecord, TargetRecord } from "./spec/run-record.ts";
import type { Scenario } from "./spec/scenario.ts";
import type { Verdict } from "./spec/verdict.ts";
import { findTarget } from "./targets/catalogue.ts";
import { TargetBootError, TargetUnavailableError } from "./targets/errors.ts";
import { capabilitiesOf, withEnv, type TargetDefinition } from "./targets/target-definition.ts";
import { readVersion } from "./targets/version.ts";

/** The reference stack. */
export const DEFAULT_TARGETS: readonly string[] = ["stack"];

export interface SuiteOptions {
  /** Names of the catalogue or paths of target files. */
  readonly targets: readonly string[];
  /** Globs on `target/site/group/scenario`, or on ids of scenarios and rules; empty for all. */
  readonly only: readonly string[];
  /** Folder of hupspec's own package.json. */
  readonly packageRoot: string;
  readonly hupspecVersion: string;
  readonly scenarios: readonly Scenario[];
  /** Environment that targets inherit, and where commands are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that paths of target files are relative to. */
  readonly cwd: string;
  /** Added to the environment of the targets; placeholders as in a target file. */
  readonly targetEnv?: Readonly<Record<string, string>>;
  /** Take more time: more trials, and every scenario on every site. */
  readonly thorough?: boolean;
  /** Ends the run; what was finished until then is in the record. */
  readonly signal: AbortSignal;
  /** The command line, for the report. */
  readonly command: string;
  onProgress(event: ProgressEvent): void;
  /** Gets the raw histories of each scenario as soon as it has ended, for samples on disk. */
  onHistories?(runId: string, histories: readonly History[]): Promise<void>;
}

/** One replay to do. */
export interface Job {
  readonly definition: TargetDefinition;
  readonly site: string;
  readonly scenario: Scenario;
}

export type JobResult =
  | { readonly status: "ok"; readonly record: ScenarioRecord; readonly verdicts: readonly Verdict[] }
  | { readonly status: "unavailable" | "setup-failed"; readonly reason: string };

export interface Suite {
  /** In the order in which they are to be run: one after the other, for two at a time would measure each other. */
  readonly jobs: readonly Job[];
  /** Rejects if the run was aborted. */
  run(job: Job): Promise<JobResult>;
  /** The run so far. */
  record(): RunRecord;
}

interface TargetState {
  readonly definition: TargetDefinition;
  readonly scenarios: ScenarioRecord[];
  readonly verdicts: Verdict[];
  version: string;
  status: TargetRecord["status"];
  reason: string;
}

/**
 * Reads and checks the targets; starts nothing.
 *
 * @throws {ConfigFileError | UnknownTargetError} if a target is not described properly.
 */
export async function openSuite(options: SuiteOptions): Promise<Suite> {
  const startedAt = new Date();
  const startedMs = performance.now();
  const runId = runIdOf(startedAt);
  const states = new Map<TargetDefinition, TargetState>();
  const jobs: Job[] = [];
  for (const name of options.targets) {
    const definition = withEnv(await findTarget(name, options.packageRoot, options.cwd), options.targetEnv ?? {});
    states.set(definition, { definition, scenarios: [], verdicts: [], version: "", status: "ok", reason: "" });
    jobs.push(...jobsOf(definition, options));
  }

  const run = async (job: Job): Promise<JobResult> => {
    const state = states.get(job.definition);
    if (!state) throw new TypeError("expected a job of this suite");
    if (state.version === "") state.version = await readVersion(job.definition, options.env, options.signal);
    const result = await runJob(job, runId, options);
    if (result.status === "ok") {
      state.scenarios.push(result.record);
      state.verdicts.push(...result.verdicts);
      const { record, verdicts } = result;
      const place = { target: job.definition.name, site: job.site, scenario: job.scenario.id };
      options.onProgress({ kind: "scenario-finished", ...place, record, verdicts });
    } else {
      state.status = result.status;
      state.reason = result.reason;
    }
    return result;
  };

  const record = (): RunRecord => ({
    schemaVersion: 1,
    run: {
      id: runId,
      hupspecVersion: options.hupspecVersion,
      catalogueVersion: CATALOGUE_VERSION,
      startedAt: startedAt.toISOString(),
      durationMs: performance.now() - startedMs,
      command: options.command,
      interrupted: options.signal.aborted,
    },
    environment: environmentFacts(),
    targets: [...states.values()].map(({ definition, ...state }) => ({
      name: definition.name,
      role: definition.settings.role,
      ...state,
    })),
  });
  return { jobs, run, record };
}

/** Runs all jobs; a target that does not come up is not tried again. */
export async function runSuite(options: SuiteOptions): Promise<RunRecord> {
  const suite = await openSuite(options);
  const targets = new Set(suite.jobs.map(({ definition }) => definition));
  for (const definition of targets) {
    const jobs = suite.jobs.filter((job) => job.definition === definition);
    options.onProgress({ kind: "target-started", target: definition.name, scenarios: jobs.length });
    for (const job of jobs) {
      if (options.signal.aborted) return suite.record();
      try {
        if ((await suite.run(job)).status !== "ok") break;
      } catch (error) {
        if (!options.signal.aborted) throw error;
        return suite.record();
      }
    }
    const record = suite.record().targets.find(({ name }) => name === definition.name);
    if (record) options.onProgress({ kind: "target-finished", record });
  }
  return suite.record();
}

function jobsOf(definition: TargetDefinition, { scenarios, only, thorough }: SuiteOptions): readonly Job[] {
  return scenarios
    .filter((scenario) => scenario.roles.includes(definition.settings.role))
    .flatMap((scenario, place) => {
      const jobs = definition.sites.map(({ name: site }) => ({ definition, site, scenario }));
      const turn = jobs[place % jobs.length];
      if (scenario.sites !== "one" || thorough || !turn) return jobs.filter((job) => isWanted(job, only));
      // Asked for by its full name, a site gets what it would not have had its turn for.
      return jobs.filter((job) => (job === turn ? isWanted(job, only) : isNamed(job, only)));
    });
}

function isNamed({ definition, site, scenario }: Job, only: readonly string[]): boolean {
  return only.some(
    (glob) => glob.startsWith(`${definition.name}/${site}/`) && isWanted({ definition, site, scenario }, [glob]),
  );
}

function isWanted({ definition, site, scenario }: Job, only: readonly string[]): boolean {
  if (only.length === 0) return true;
  const names = [`${definition.name}/${site}/${scenario.id}`, scenario.id, ...scenario.decides];
  return only.some((glob) => names.some((name) => path.matchesGlob(name, glob)));
}

async function runJob(job: Job, runId: string, options: SuiteOptions): Promise<JobResult> {
  const { definition, site, scenario } = job;
  const unsupported = whyUnsupported(job);
  if (unsupported) return { status: "ok", ...withoutReplay(job, "unsupported", unsupported) };
  const { env, signal } = options;
  const startedMs = performance.now();
  try {
    const result = await runScenario({
      definition,
      site,
      scenario,
      runId,
      env,
      signal,
      thorough: options.thorough ?? false,
      onPhase: (phase) =>
        options.onProgress({ kind: "scenario-started", target: definition.name, site, scenario: scenario.id, phase }),
    });
    await options.onHistories?.(runId, [result.histories.control, result.histories.trial]);
    return { status: "ok", record: result.record, verdicts: result.verdicts };
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof TargetUnavailableError) return { status: "unavailable", reason: error.message };
    if (error instanceof TargetBootError) return { status: "setup-failed", reason: error.message };
    // A fault of ours is no verdict on the target.
    const reason = `the scenario broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    return { status: "ok", ...withoutReplay(job, "inconclusive", reason, performance.now() - startedMs) };
  }
}

function whyUnsupported({ definition, site, scenario }: Job): string | undefined {
  const { settings, sites } = definition;
  const missing = scenario.actions.filter((action) => !settings.actions[action]);
  if (missing.length > 0) return `the target file does not say how to ${missing.join(", ")}`;
  if (settings.probe !== "contract" && !settings.probe.generation) {
    return "without probe.generation, the header that names the release of an answer, no reload can be told from none";
  }
  if (scenario.variant && !settings.variants[scenario.variant]) {
    return `the target file does not say how to start it as the variant ${scenario.variant}`;
  }
  const found = sites.find(({ name }) => name === site);
  const capabilities = found ? capabilitiesOf(definition, found) : [];
  const lacking = scenario.capabilities.filter((capability) => !capabilities.includes(capability));
  return lacking.length > 0 ? `the target does not have ${lacking.join(", ")}` : undefined;
}

/** Sorts by time, and is a name that every file system takes. */
function runIdOf(startedAt: Date): string {
  return `${startedAt.toISOString().replace(/[-:]/g, "").replace(/\..*/, "Z")}-${process.pid}`;
}
