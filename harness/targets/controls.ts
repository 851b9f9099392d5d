import { LIMITS } from "../spec/limits.ts";
import type { ActionName } from "../spec/target-facts.ts";
import type { ProcessTable } from "../process/process-table.ts";
import { runCommand, type CommandResult } from "../process/run-command.ts";
import type { ManagedProcess } from "../process/managed-process.ts";
import { performAction, type ActionOutcome } from "./actions.ts";
import type { LaunchParts } from "./launch.ts";
import { mainPid, pidFromFile } from "./main-process.ts";
import { fillAll, type PlaceholderValues } from "./placeholders.ts";
import type { TargetAction } from "./schema.ts";
import { writeWorkspaceFiles } from "./workspace-files.ts";

export interface Controls {
  /** Has the configuration read in one of its ways, the first of which is the reload. */
  readonly reloadBy: (way: number, site: string, signal: AbortSignal) => Promise<ActionOutcome>;
  readonly act: (action: ActionName, site: string, signal: AbortSignal) => Promise<ActionOutcome>;
  /** What the target file's `deploy` says, for the newest release of a site. @throws {Error} if its command fails. */
  readonly putInForce: (site: string, signal: AbortSignal) => Promise<void>;
  readonly mainPid: (site: string, signal: AbortSignal) => Promise<number>;
  readonly run: (command: readonly string[], signal: AbortSignal, withinMs?: number) => Promise<CommandResult>;
}

export interface ControlsParts extends Omit<LaunchParts, "consoleFile" | "sites"> {
  /** What the target file starts, as of now; nothing where the target is attached. */
  readonly child: ManagedProcess | undefined;
  readonly table: ProcessTable;
}

/** Steps of the target file, done to one site at a time. */
export function controlsOf(parts: ControlsParts): Controls {
  const { definition, values, runId, env, table, workspace } = parts;
  const { settings } = definition;
  const isAttached = settings.start === undefined;
  // A service that runs already has had numbers before this run, and will have them after it: none must come twice.
  const firstNumber = isAttached ? Date.now() : 0;
  const isOfRun = (pid: number): boolean => table.read().some((entry) => entry.pid === pid);
  const childPid = (): number => {
    const { child } = parts;
    // Its number may belong to somebody else by now.
    if (child && child.exit === undefined) return child.pid;
    throw new Error(`expected the started process ${child?.pid ?? ""} to run, but it is gone`);
  };
  const valuesOf = (site: string): PlaceholderValues => {
    const { generation, folder } = workspace.release(site);
    return { ...values, site, release: { generation: firstNumber + generation, folder } };
  };
  const run: Controls["run"] = (command, signal, withinMs) =>
    runCommand({
      command,
      ...(withinMs !== undefined && { withinMs }),
      // Where a service that runs already may be started anew, it must not stand in what goes with the run.
      cwd: isAttached ? definition.folder : workspace.root,
      env,
      // What a deploy leaves running is the service itself: it must not be ended with the run.
      ...(!isAttached && { marker: runId }),
      signal,
      // Ours, not the target's; what it leaves behind is the target's.
      started: table.ignore,
    });
  /** A command may wait until what it asks for is done, which may not be before the caller has done its part. */
  const runStep = (
    command: readonly string[],
    signal: AbortSignal,
    doneMs = settings.settleMs,
  ): Promise<CommandResult> => run(command, signal, doneMs + LIMITS.commandMs);
  const resolveMain = (site: string, signal: AbortSignal): Promise<number> =>
    mainPid({
      main: settings.main,
      childPid,
      values: valuesOf(site),
      isOfRun,
      run: async (command) => outputOf(await run(command, signal)),
      signal,
    });
  const perform = (steps: TargetAction, site: string, signal: AbortSignal, doneMs?: number): Promise<ActionOutcome> =>
    performAction(steps, {
      values: valuesOf(site),
      childPid,
      mainPid: () => resolveMain(site, signal),
      pidFromFile: (file) => pidFromFile(file, isOfRun, signal),
      run: async (command) => {
        const { stdout, stderr, ...end } = await runStep(command, signal, doneMs);
        return { output: (stdout + stderr).trim(), ...end };
      },
      signal,
    });
  const act: Controls["act"] = async (action, site, signal) => {
    // A stop must be possible for every target, and this is how a service manager does it.
    const steps = settings.actions[action] ?? (action === "stop" ? { signal: "TERM" as const } : undefined);
    if (!steps) throw new TypeError(`expected ${definition.name} to say how to do ${action}`);
    return perform(steps, site, signal, action === "stop" ? settings.drainMs : settings.settleMs);
  };
  return {
    act,
    async reloadBy(way, site, signal) {
      if (way === 0) return act("reload", site, signal);
      const steps = settings.badConfig?.alsoBy[way - 1];
      if (!steps) throw new TypeError(`expected ${definition.name} to have a way ${way} to read its configuration`);
      return perform(steps, site, signal);
    },
    async putInForce(site, signal) {
      const { files, command } = settings.deploy;
      await writeWorkspaceFiles(files, workspace.root, valuesOf(site));
      if (!command) return;
      const { error, stderr } = await runStep(fillAll(command, valuesOf(site)), signal);
      if (error !== undefined) throw new Error(`the deploy failed: ${error}${stderr && `; it said: ${stderr.trim()}`}`);
    },
    mainPid: resolveMain,
    run,
  };
}

/** @throws {Error} if the command failed. */
function outputOf({ stdout, error }: CommandResult): string {
  if (error !== undefined) throw new Error(error);
  return stdout;
}
