import type { RunRecord } from "./run-record.ts";

/** The finished run of one target as a matrix keeps it, in `runs/<target>.json`. */
export interface MatrixRun {
  readonly schemaVersion: 1;
  readonly basis: MatrixBasis;
  /** Of one target. */
  readonly record: RunRecord;
}

/** What the verdicts were made with: a run that was made with the same need not be repeated. */
export interface MatrixBasis {
  readonly hupspecVersion: string;
  readonly catalogueVersion: number;
  /** What the target's version command prints; empty where it has none. */
  readonly targetVersion: string;
  /** SHA-256 of what the target file says, its known failures apart, and of the probe apps that its releases are made of. */
  readonly targetHash: string;
  readonly thorough: boolean;
  /** `site/group/scenario`, in the order in which they ran. */
  readonly scenarios: readonly string[];
}
