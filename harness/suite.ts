import { jobsLeft, jobsOf, whyUnsupported, type Job, type JobSelection } from "./jobs.ts";
import { environmentFacts } from "./environment.ts";
import { runScenario, withoutReplay } from "./run-scenario.ts";
import { CATALOGUE_VERSION } from "./spec/catalogue-changes.ts";
import type { History } from "./spec/history.ts";
import type { ProgressEvent } from "./spec/progress.ts";
import type { RunRecord, ScenarioRecord, TargetRecord } from "./spec/run-record.ts";
import type { Verdict } from "./spec/verdict.ts";
import { findTarget } from "./targets/catalogue.ts";
import { TargetBootError, TargetUnavailableError } from "./targets/errors.ts";
import { withEnv, type TargetDefinition } from "./targets/target-definition.ts";
import { readVersion } from "./targets/version.ts";

/** The reference stack as a whole, then its parts, each on the rules that can't be decided on what comes before it. */
const REFERENCE: readonly string[] = ["stack", "prefork", "proxy"];

export interface SuiteOptions extends JobSelection {
  /** Names of the catalogue or paths of target files; or the reference stack, whole and in parts. */
  readonly targets: readonly string[] | "reference";
  /** Folder of hupspec's own package.json. */
  readonly packageRoot: string;
  readonly hupspecVersion: string;
  /** Environment that targets inherit, and where commands are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that paths of target files are relative to. */
  readonly cwd: string;
  /** Added to the environment of the targets; placeholders as in a target file. */
  readonly targetEnv?: Readonly<Record<string, string>>;
  /** Ends the run; what was finished until then is in the record. */
  readonly signal: AbortSignal;
  /** The command line, for the report. */
  readonly command: string;
  onProgress(event: ProgressEvent): void;
  /** Gets the raw histories of each scenario as soon as it has ended, for samples on disk. */
  onHistories?(runId: string, histories: readonly History[]): Promise<void>;
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
  const inParts = options.targets === "reference";
  for (const name of inParts ? REFERENCE : options.targets) {
    const definition = withEnv(await findTarget(name, options.packageRoot, options.cwd), options.targetEnv ?? {});
    const wanted = jobsOf(definition, options);
    const left = inParts ? jobsLeft(wanted, jobs) : wanted;
    // A part on which nothing is left to decide has nothing to conclude either.
    if (inParts && left.length === 0) continue;
    states.set(definition, { definition, scenarios: [], verdicts: [], version: "", status: "ok", reason: "" });
    jobs.push(...left);
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

/** Sorts by time, and is a name that every file system takes. */
function runIdOf(startedAt: Date): string {
  return `${startedAt.toISOString().replace(/[-:]/g, "").replace(/\..*/, "Z")}-${process.pid}`;
}
