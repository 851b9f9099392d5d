import { ProcessError, startProcess, type ManagedProcess } from "../process/managed-process.ts";
import { describeFailure } from "../process/run-command.ts";
import type { Workspace } from "../process/workspace.ts";
import { describeEndpoint } from "./endpoint.ts";
import { TargetBootError, TargetUnavailableError } from "./errors.ts";
import { fill, type PlaceholderValues } from "./placeholders.ts";
import { waitUntilReady } from "./readiness.ts";
import type { BootedSite } from "./site.ts";
import type { TargetDefinition } from "./target-definition.ts";

export interface LaunchParts {
  readonly definition: TargetDefinition;
  readonly workspace: Workspace;
  readonly values: PlaceholderValues;
  readonly sites: readonly BootedSite[];
  readonly runId: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where its output goes: a file, or a pipe that somebody reads. */
  readonly consoleFile: string;
}

/** The command by which the target is started. */
export function startCommand({ definition, values }: Pick<LaunchParts, "definition" | "values">): string[] {
  const { start } = definition.settings;
  if (!start) throw new TypeError(`expected ${definition.name} to say how it is started`);
  return start.map((argument) => fill(argument, values));
}

/**
 * Starts the target's process, in a group of its own.
 *
 * @throws {TargetUnavailableError} if there is no such command.
 * @throws {TargetBootError} if it can't be started.
 */
export async function launch(parts: LaunchParts): Promise<ManagedProcess> {
  const { definition, workspace, env, runId, consoleFile } = parts;
  const [command = "", ...args] = startCommand(parts);
  try {
    return await startProcess({
      command,
      args,
      cwd: workspace.root,
      env,
      stdout: { file: consoleFile },
      stderr: { file: consoleFile },
      marker: runId,
    });
  } catch (cause) {
    if (!(cause instanceof ProcessError)) throw cause;
    // `requires` did not list it; it is missing all the same.
    if (/ENOENT/.test(cause.message)) {
      const { debian } = definition.settings.requires;
      throw new TargetUnavailableError(definition.name, { commands: [command], debian, npm: [] });
    }
    throw new TargetBootError(definition.name, cause.message, "", { cause });
  }
}

/** Waits until all doors answer; resolves to why they don't, if so. */
export function awaitReady(
  { definition: { settings }, sites }: Pick<LaunchParts, "definition" | "sites">,
  child: ManagedProcess | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  return waitUntilReady({
    endpoints: sites.flatMap(({ name, endpoints: { front, direct } }) => [
      { label: `${name} (${describeEndpoint(front)})`, endpoint: front },
      ...(direct ? [{ label: `${name}, direct (${describeEndpoint(direct)})`, endpoint: direct }] : []),
    ]),
    path: settings.ready.path ?? (settings.probe === "contract" ? "/" : settings.probe.path),
    withinMs: settings.ready.withinMs,
    signal,
    gaveUp: () => child && diedAtBoot(child, "child" in settings.main),
  });
}

/** A target whose main process is another one may end its first with success: that is how daemons start. */
function diedAtBoot({ exit }: ManagedProcess, childIsMain: boolean): string | undefined {
  if (!exit) return undefined;
  const failure = describeFailure(exit);
  if (failure === undefined && !childIsMain) return undefined;
  return `expected the started process to serve, but ${failure ?? "it exited with code 0"} while booting`;
}
