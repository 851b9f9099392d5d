/** One server broken on purpose, and what has to come of it. */
export interface Saboteur {
  /** Unique; that of its fault, where it has one. */
  readonly name: string;
  /** A name of the catalogue, or a target file relative to `servers/saboteurs/`. */
  readonly target: string;
  /** A file of `faults/`, loaded into every Node process of the target before its own code. */
  readonly fault?: string;
  /** Where the target is of the catalogue and has several sites: the one to run it on. */
  readonly site?: string;
  /** Added to the environment of the target: for faults that a server of `servers/saboteurs/` brings along itself. */
  readonly env?: Readonly<Record<string, string>>;
  /** Id of the scenario that exposes it. */
  readonly scenario: string;
  /** Rules that it has to break, and what each verdict has to say that it saw. */
  readonly caughtBy: Readonly<Record<string, RegExp>>;
  /** Rules that it may break too: that depends on where the moment falls. */
  readonly perhaps?: readonly string[];
  /** Rules that it obeys, and whose verdicts have to say so. */
  readonly cleared?: readonly string[];
  /** Part of the selection that every run of the tests makes. */
  readonly quick?: true;
}
