import type { ProcessFacts, TargetFacts } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import { ACTION_NAMES, type ActionName } from "../spec/target-facts.ts";
import type { SinkEvent } from "../spec/observation.ts";
import { type CpuUse, watchCpu } from "../process/cpu-watch.ts";
import { endRun } from "../process/end-run.ts";
import { createGate, type Gate } from "../process/gates.ts";
import type { ManagedProcess } from "../process/managed-process.ts";
import type { LogPipe } from "../process/log-pipe.ts";
import { sendSignal } from "../process/process-group.ts";
import { startProcessSampler, type ProcessSampler } from "../process/process-sampler.ts";
import { factsOf as processFactsOf, type ProcessTable } from "../process/process-table.ts";
import type { Origin } from "../origin/origin.ts";
import type { Release, ReleasePlan, Workspace } from "../process/workspace.ts";
import type { ActionOutcome } from "./actions.ts";
import { type Controls, controlsOf } from "./controls.ts";
import { awaitReady, launch, type LaunchParts } from "./launch.ts";
import { createOperator, type Operator } from "./operator.ts";
import { lastOutput, logPatternsOf } from "./output.ts";
import { createReleaseNames, type ReleaseNumbers } from "./release-names.ts";
import type { BootedSite } from "./site.ts";
import type { TargetAction } from "./schema.ts";
import { changeSink } from "./sink.ts";
import { stopTarget, type StopOutcome } from "./stop.ts";
import type { TargetDefinition } from "./target-definition.ts";
import { readVersion } from "./version.ts";
import { OverwrittenFiles } from "./workspace-files.ts";

/** Disposing ends all of it, stopped or not, and removes the workspace. */
export interface BootedTarget extends AsyncDisposable {
  readonly name: string;
  readonly definition: TargetDefinition;
  readonly workspace: Workspace;
  readonly workers: number;
  readonly sites: readonly BootedSite[];
  /** The server behind a proxy, where the target file leaves it to the suite. */
  readonly origin: Origin | undefined;
  /** @throws {TypeError} if there is no such site. */
  site(name: string): BootedSite;
  facts(site: string): TargetFacts;
  /** Waits until all its doors answer; resolves to nothing, or to why they will not or did not in time. */
  ready(): Promise<string | undefined>;
  /** Where the process that the target file starts is gone, starts it once more in the same place; resolves to whether it was. */
  startAgain(): Promise<boolean>;
  /** Another instance with ports and a workspace of its own: started, not waited for. To be disposed of by the caller. */
  another(): Promise<BootedTarget>;
  /** Writes the next release of a site and puts it in force, with a sound configuration; the reload is another action. */
  deploy(site: string, plan?: ReleasePlan): Promise<Release>;
  /** Makes the configuration invalid, until the next deploy. @throws {TypeError} if the target file does not say how. */
  breakConfig(site: string): Promise<void>;
  /** Has the configuration read in one of the `configReloads` ways, the first of which is the reload. */
  reloadBy(way: number, site: string, signal: AbortSignal): Promise<ActionOutcome>;
  gate(name: string): Gate;
  /** Numbers the release that an answer of the site names, where it is not the number itself. */
  numberOf(site: string): ReleaseNumbers | undefined;
  /** True if the target file says how to do it. */
  can(action: ActionName): boolean;
  /** Does it to one site. What goes wrong is a value; rejects on abort. @throws {TypeError} unless `can(action)`. */
  act(action: ActionName, site: string, signal: AbortSignal): Promise<ActionOutcome>;
  /** What the started process writes to its standard error and output; the log, where the target file names no other. */
  readonly consoleFile: string;
  /** Where the log of a site is found, live file and backups: paths with `*`. */
  logPatterns(site: string): readonly string[];
  /** Whom signals for a site go to now. Rejects if there is nobody. */
  mainPid(site: string): Promise<number>;
  readonly operator: Operator;
  /** Processes alive or zombies now. */
  processes(): readonly ProcessFacts[];
  /** Watches the processes until it is stopped or disposed of. @param clock milliseconds on the history's clock. */
  startSampler(clock: () => number): ProcessSampler;
  /** Does something to whoever reads the log: the reader of its pipe, else the supervisor; `done` is false if it can't be done. */
  sink(event: SinkEvent): Promise<{ readonly pid: number; readonly done: boolean }>;
  /** Watches for `ms` what its processes use of the CPU. */
  watchCpu(ms: number, signal: AbortSignal): Promise<CpuUse>;
  /** Graceful stop, bounded; instants are of `performance.now()`. Idempotent. @param asked called before the wait for the exit. */
  stop(signal: AbortSignal, asked?: () => void): Promise<StopOutcome>;
  /** Last lines of its console and logs. */
  output(): Promise<string>;
  /** First line of what its version command prints; empty without one. */
  version(): Promise<string>;
}

export interface TargetParts extends LaunchParts {
  readonly origin: Origin | undefined;
  readonly signal: AbortSignal;
  /** Between its console and `consoleFile`, where it was asked for. */
  readonly logPipe?: LogPipe;
  /** What the target file starts; another one once it was started again; nothing where the target is attached. */
  child: ManagedProcess | undefined;
  readonly table: ProcessTable;
  readonly another: () => Promise<BootedTarget>;
}

/** The handle on a target that was started; disposing ends its processes and no more. */
export function createBootedTarget(given: TargetParts): BootedTarget {
  const parts = { ...given };
  const { definition, workspace, values, sites, origin, table, consoleFile } = parts;
  const { settings } = definition;
  const controls = controlsOf(parts);
  const overwritten = new OverwrittenFiles(workspace.root);
  const siteNamed = (name: string): BootedSite => {
    const site = sites.find((site) => site.name === name);
    if (site) return site;
    throw new TypeError(`expected one of the sites ${sites.map(({ name }) => name).join(", ")}, not "${name}"`);
  };
  const firstSite = sites[0]?.name ?? "";
  const releaseNames = releaseNamesOf(parts);
  let stopping: Promise<StopOutcome> | undefined;

  return {
    name: definition.name,
    definition,
    workspace,
    consoleFile,
    workers: values.workers,
    sites,
    origin,
    site: siteNamed,
    facts: (site) => factsOf(parts, siteNamed(site)),
    ready: () => awaitReady(parts, parts.child, parts.signal),
    async startAgain() {
      if (parts.child?.exit === undefined) return false;
      parts.child = await launch({ ...parts, consoleFile: parts.logPipe?.path ?? consoleFile });
      return true;
    },
    another: parts.another,
    async deploy(site, plan) {
      await overwritten.restore();
      const release = await workspace.deploy(siteNamed(site).name, plan);
      await origin?.listen(release.generation);
      await controls.putInForce(site, parts.signal);
      return release;
    },
    async breakConfig(site) {
      if (!settings.badConfig) throw new TypeError(`expected ${definition.name} to say how to break its configuration`);
      await overwritten.overwrite(settings.badConfig.files, { ...values, site });
    },
    reloadBy: controls.reloadBy,
    gate: (name) => createGate(workspace.gates, name),
    numberOf: (site) => releaseNames.get(siteNamed(site).name),
    can: (action) => settings.actions[action] !== undefined,
    act: controls.act,
    logPatterns: (site) => logPatternsOf(settings, { ...values, site: siteNamed(site).name }, consoleFile),
    mainPid: (site) => controls.mainPid(siteNamed(site).name, parts.signal),
    operator: createOperator({ ...parts, run: controls.run }),
    processes: () => table.read().map(processFactsOf),
    sink: (event) => changeSink(parts, event),
    watchCpu: (ms, signal) => watchCpu(table, ms, signal),
    startSampler: (clock) => startProcessSampler(table, clock),
    stop(signal, asked) {
      return (stopping ??= askToStop(parts, controls, signal, asked));
    },
    output: () =>
      lastOutput(
        consoleFile,
        sites.flatMap(({ name }) => logPatternsOf(settings, { ...values, site: name }, consoleFile)),
      ),
    version: () => readVersion(definition, parts.env, parts.signal),
    [Symbol.asyncDispose]: () =>
      endTarget(parts, () => controls.mainPid(firstSite, AbortSignal.timeout(LIMITS.killMs))),
  };
}

/** Of an attached target; a started one has releases whose numbers its answers tell. */
function releaseNamesOf({ definition, workspace, values, sites }: TargetParts): ReadonlyMap<string, ReleaseNumbers> {
  const attached = definition.settings.start ? [] : sites;
  return new Map(
    attached.map(({ name }) => [name, createReleaseNames(values.workers, () => workspace.generation(name))]),
  );
}

function askToStop(
  { definition, child, table, sites }: TargetParts,
  controls: Controls,
  signal: AbortSignal,
  asked?: () => void,
): Promise<StopOutcome> {
  if (!child) throw new TypeError(`expected ${definition.name}, which runs already, not to be stopped`);
  const firstSite = sites[0]?.name ?? "";
  return stopTarget({
    child,
    table,
    signal,
    drainMs: definition.settings.drainMs,
    mainPid: () => controls.mainPid(firstSite, signal),
    ask: () => controls.act("stop", firstSite, signal),
    ...(asked && { asked }),
  });
}

function factsOf({ definition, values }: TargetParts, site: BootedSite): TargetFacts {
  const { settings } = definition;
  const { logs, role, drainMs, bootMs, hangMs, slowClientMs, settleMs, budget, badConfig, actions } = settings;
  const reloadSignal = signalOf(actions.reload);
  return {
    name: definition.name,
    role,
    site: site.name,
    workers: values.workers,
    ...(settings.requestsPerWorker !== undefined && { concurrency: values.workers * settings.requestsPerWorker }),
    drainMs,
    settleMs,
    ...(bootMs !== undefined && { bootMs }),
    ...(hangMs !== undefined && { hangMs }),
    ...(badConfig && { configReloads: 1 + badConfig.alsoBy.length }),
    ...(slowClientMs !== undefined && { slowClientMs }),
    budget,
    capabilities: site.capabilities,
    actions: ACTION_NAMES.filter((name) => actions[name] !== undefined),
    ...(reloadSignal !== undefined && { reloadSignal }),
    ...(logs?.limits && { logLimits: logs.limits }),
  };
}

/** The one signal that an action consists of, sent to the main process. */
function signalOf(action: TargetAction | undefined): string | undefined {
  const [step, ...others] = action === undefined ? [] : [action].flat();
  if (!step || others.length > 0 || !("signal" in step)) return undefined;
  return step.to !== "child" && step.pidfile === undefined ? `SIG${step.signal}` : undefined;
}

async function endTarget({ child, table, signal }: TargetParts, mainPid: () => Promise<number>): Promise<void> {
  if (!child) return;
  // So that descendants are known as such before their parents go.
  table.read();
  if (child.exit !== undefined) {
    const pid = await mainPid().catch(() => undefined);
    if (pid !== undefined && pid !== child.pid) sendSignal(pid, "SIGTERM");
  }
  const terminateMs = signal.aborted ? LIMITS.interruptedTerminateMs : LIMITS.terminateMs;
  await child.end({ reason: "the harness is done with it", terminateMs });
  await endRun(table);
}
