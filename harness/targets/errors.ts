/** Something that the target needs is not on this machine; `packages` are those of Debian that bring it. */
export class TargetUnavailableError extends Error {
  override readonly name = "TargetUnavailableError";
  readonly commands: readonly string[];
  readonly packages: readonly string[];

  constructor(target: string, commands: readonly string[], packages: readonly string[]) {
    super(`${target}: ${unavailableReason(commands, packages)}`);
    this.commands = commands;
    this.packages = packages;
  }
}

/** The target was started and did not come up; `output` holds the last lines that it logged. */
export class TargetBootError extends Error {
  override readonly name = "TargetBootError";
  readonly output: string;

  constructor(target: string, reason: string, output: string, options?: ErrorOptions) {
    const shown = output === "" ? "it logged nothing" : `its last log lines:\n${output.replace(/^/gm, "  | ")}`;
    super(`${target}: ${reason}; ${shown}`, options);
    this.output = output;
  }
}

/** Why a target can't run here, for people; empty if nothing is missing. */
export function unavailableReason(commands: readonly string[], packages: readonly string[]): string {
  if (commands.length === 0) return "";
  const hint = packages.length > 0 ? ` (Debian: apt-get install ${packages.join(" ")})` : "";
  return `expected on PATH: ${commands.join(", ")}${hint}`;
}
