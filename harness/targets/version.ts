import { runCommand } from "../process/run-command.ts";
import { fill } from "./placeholders.ts";
import type { TargetDefinition } from "./target-definition.ts";

/**
 * First line that the target's version command prints, on standard output or else on standard error; empty if the
 * target file names none or it fails.
 */
export async function readVersion(
  { settings, folder }: TargetDefinition,
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<string> {
  if (!settings.version) return "";
  // There is no workspace yet: the version does not depend on a boot.
  const values = {
    ports: new Map<string, number>(),
    workspace: folder,
    current: new Map<string, string>(),
    gates: folder,
    targetDir: folder,
    workers: settings.workers,
    node: process.execPath,
    env,
  };
  const command = settings.version.map((argument) => fill(argument, values));
  const { stdout, stderr, error } = await runCommand({ command, cwd: folder, env, ...(signal && { signal }) });
  if (error !== undefined) return "";
  return (
    `${stdout}\n${stderr}`
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim() ?? ""
  );
}
