/** What a target needs and this machine lacks. */
export interface Missing {
  readonly commands: readonly string[];
  /** Packages of Debian that bring the commands, missing or not. */
  readonly debian: readonly string[];
  readonly npm: readonly string[];
  /** Folder of the package.json that lists them, if there is one. */
  readonly npmFolder?: string | undefined;
}

/** Something that the target needs is not on this machine. */
export class TargetUnavailableError extends Error {
  override readonly name = "TargetUnavailableError";

  constructor(target: string, missing: Missing) {
    super(`${target}: ${unavailableReason(missing)}`);
  }
}

/** The target did not come up; `output` holds the last lines that it logged, where the suite had started it. */
export class TargetBootError extends Error {
  override readonly name = "TargetBootError";
  readonly output: string;

  constructor(target: string, reason: string, output: string | undefined, options?: ErrorOptions) {
    const logged = output === "" ? "it logged nothing" : `its last log lines:\n${output?.replace(/^/gm, "  | ")}`;
    super(`${target}: ${reason}${output === undefined ? "" : `; ${logged}`}`, options);
    this.output = output ?? "";
  }
}

/** Why a target can't run here, for people; empty if nothing is missing. */
export function unavailableReason({ commands, debian, npm, npmFolder }: Missing): string {
  const reasons: string[] = [];
  if (commands.length > 0) {
    const hint = debian.length > 0 ? ` (Debian: apt-get install ${debian.join(" ")})` : "";
    reasons.push(`expected on PATH: ${commands.join(", ")}${hint}`);
  }
  if (npm.length > 0) {
    const hint = npmFolder === undefined ? "" : ` (npm ci --prefix ${npmFolder})`;
    reasons.push(`expected npm packages: ${npm.join(", ")}${hint}`);
  }
  return reasons.join("; ");
}
