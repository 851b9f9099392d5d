import path from "node:path";
import { LIMITS } from "../spec/limits.ts";
import { startOrigin, type Origin } from "../origin/origin.ts";
import { endRun } from "../process/end-run.ts";
import { startGuard } from "../process/guard.ts";
import { reservePorts } from "../process/ports.ts";
import { createProcessTable, NO_PROCESSES, type ProcessTable } from "../process/process-table.ts";
import { openLogPipe, type LogPipe } from "../process/log-pipe.ts";
import type { ManagedProcess } from "../process/managed-process.ts";
import { createWorkspace, type ReleasePlan, type Workspace } from "../process/workspace.ts";
import { createBootedTarget, type BootedTarget, type TargetParts } from "./booted-target.ts";
import { controlsOf } from "./controls.ts";
import { describeEndpoint, isListening } from "./endpoint.ts";
import { environmentOf } from "./environment.ts";
import { TargetBootError, TargetUnavailableError } from "./errors.ts";
import { missingOf } from "./installed.ts";
import { launch } from "./launch.ts";
import { fill, type PlaceholderValues } from "./placeholders.ts";
import type { TargetFile } from "./schema.ts";
import { sitesOf } from "./site.ts";
import type { TargetDefinition } from "./target-definition.ts";
import { writeWorkspaceFiles } from "./workspace-files.ts";

export interface BootOptions {
  /** Workers to start it with; those of the target file by default. */
  readonly workers?: number;
  /** Releases written before it starts, the last one in force; an ordinary one unless told. */
  readonly releases?: readonly ReleasePlan[];
  readonly runId: string;
  /** How the console comes into the log, where it is the log; `file`, which is directly, unless told. */
  readonly sink?: "file" | "pipe";
  /** Ends the boot, and makes the target's end quick. */
  readonly signal: AbortSignal;
  /** Environment that the target inherits, less what belongs to the suite; usually `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Boots of one process are told apart in the marker: two at a time must not take each other's processes for theirs. */
let boots = 0;

/**
 * Starts a target in a workspace of its own, unless it is attached, and waits until all its doors answer. Whatever fails,
 * nothing of it remains.
 *
 * @throws {TargetUnavailableError} if something that it requires is missing.
 * @throws {TargetBootError} if it does not come up.
 */
export async function bootTarget(definition: TargetDefinition, options: BootOptions): Promise<BootedTarget> {
  await using taken = new AsyncDisposableStack();
  const target = taken.use(await launchTarget(definition, options));
  const reason = await target.ready();
  if (reason !== undefined) {
    const output = definition.settings.start ? await target.output() : undefined;
    throw new TargetBootError(definition.name, reason, output);
  }
  const whole = taken.move();
  return { ...target, [Symbol.asyncDispose]: () => whole.disposeAsync() };
}

/** The same without the wait: it has been started, and no more is known of it. */
export async function launchTarget(definition: TargetDefinition, options: BootOptions): Promise<BootedTarget> {
  const { settings } = definition;
  const { signal } = options;
  signal.throwIfAborted();
  await expectInstalled(definition, options);
  const runId = `${options.runId}.${++boots}`;

  // Taken apart in the reverse order, on every way out.
  await using taken = new AsyncDisposableStack();
  const ports = taken.use(await reservePorts(definition.ports));
  const workspace = taken.use(
    await createWorkspace({
      sites: workspaceSites(definition),
      ...(options.releases && { releases: options.releases }),
    }),
  );
  const values: PlaceholderValues = {
    ports: ports.byName,
    workspace: workspace.root,
    current: new Map(definition.sites.map(({ name }) => [name, workspace.current(name)])),
    gates: workspace.gates,
    targetDir: definition.folder,
    workers: options.workers ?? settings.workers,
    node: process.execPath,
    env: options.env,
  };
  taken.use(await startGuard({ runId, workspace: workspace.root, env: options.env }));
  await writeWorkspaceFiles(settings.files, workspace.root, values);
  const origin = await originOf(definition, values);
  if (origin) taken.use(origin);

  const sites = sitesOf(definition, values);
  // Next to the logs only where it is the log.
  const consoleFile = settings.logs
    ? path.join(workspace.root, "console.log")
    : path.join(workspace.logs, "stderr.log");
  let table: ProcessTable | undefined;
  // Its readers are ours, not the target's.
  const ignored = (pid: number): void => table?.ignore(pid);
  const logPipe = await openConsolePipe({ ...options, runId, settings, workspace, consoleFile, started: ignored });
  if (logPipe) taken.use(logPipe);
  const parts: Omit<TargetParts, "child" | "table" | "another"> = {
    definition,
    workspace,
    values,
    sites,
    origin,
    runId,
    signal,
    env: environmentOf(definition, options.env, values),
    consoleFile,
    ...(logPipe && { logPipe }),
  };
  let child: ManagedProcess | undefined;
  if (settings.start) {
    // Until the target itself is there to be ended: a deploy may have left something behind that nobody would look after.
    await using deployed = new AsyncDisposableStack();
    const left = createProcessTable({ runId, workspace: workspace.root });
    if (logPipe) left.ignore(logPipe.reader);
    deployed.defer(async () => void (await endRun(left, 0)));
    await deployFirst(parts);
    await expectFreePorts(parts);
    child = await launch({ ...parts, consoleFile: logPipe?.path ?? consoleFile });
    deployed.move();
  }
  table = child ? createProcessTable({ runId, rootPid: child.pid, workspace: workspace.root }) : NO_PROCESSES;
  if (logPipe) table.ignore(logPipe.reader);
  const target = taken.use(
    createBootedTarget({ ...parts, child, table, another: () => launchTarget(definition, options) }),
  );
  const whole = taken.move();
  return { ...target, [Symbol.asyncDispose]: () => whole.disposeAsync() };
}

/** What a deploy brings about has to be there for the first release too. */
async function deployFirst(parts: Omit<TargetParts, "child" | "table" | "another">): Promise<void> {
  const { definition, signal } = parts;
  const { putInForce } = controlsOf({ ...parts, child: undefined, table: NO_PROCESSES });
  try {
    for (const { name } of definition.sites) await putInForce(name, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new TargetBootError(definition.name, cause instanceof Error ? cause.message : String(cause), undefined, {
      cause,
    });
  }
}

async function originOf({ settings }: TargetDefinition, values: PlaceholderValues): Promise<Origin | undefined> {
  if (!settings.upstream) return undefined;
  const { port, idleMs } = settings.upstream;
  return startOrigin({
    port: Number(fill(port, values)),
    gates: values.gates,
    ...(idleMs !== undefined && { idleMs }),
  });
}

/** Where the console is the log and a reader is asked for; nothing else needs one. */
async function openConsolePipe({
  sink,
  settings,
  workspace,
  consoleFile,
  ...plan
}: BootOptions & {
  readonly settings: TargetFile;
  readonly workspace: Workspace;
  readonly consoleFile: string;
  readonly started: (pid: number) => void;
}): Promise<LogPipe | undefined> {
  if (sink !== "pipe" || settings.logs || !settings.start) return undefined;
  const { env, runId, started } = plan;
  return openLogPipe({ path: path.join(workspace.root, "log.pipe"), file: consoleFile, env, marker: runId, started });
}

async function expectInstalled(definition: TargetDefinition, { env }: BootOptions): Promise<void> {
  const missing = await missingOf(definition, env);
  if (missing.commands.length > 0 || missing.npm.length > 0) throw new TargetUnavailableError(definition.name, missing);
}

function workspaceSites({ sites, appFolders }: TargetDefinition): { name: string; appFolder?: string }[] {
  return sites.map(({ name }) => {
    const appFolder = appFolders.get(name);
    return { name, ...(appFolder !== undefined && { appFolder }) };
  });
}

/** Else the readiness probe would be answered by somebody else's server. */
async function expectFreePorts({ definition, sites }: Pick<TargetParts, "definition" | "sites">): Promise<void> {
  for (const { endpoints } of sites) {
    for (const endpoint of [endpoints.front, endpoints.direct]) {
      if (endpoint && (await isListening(endpoint, LIMITS.connectMs))) {
        const address = describeEndpoint(endpoint);
        const reason = `expected the port of ${address} to be free, but somebody listens there already`;
        throw new TargetBootError(definition.name, reason, undefined);
      }
    }
  }
}
