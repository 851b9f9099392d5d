/** A server without a fault, which no rule may accuse: the same rules that catch the saboteurs are put to it. */
export interface SoundServer {
  readonly name: string;
  /** A name of the catalogue, or a target file relative to `servers/saboteurs/`. */
  readonly target: string;
  /** Environment in which the target file's placeholders are filled in. */
  readonly env?: Readonly<Record<string, string>>;
  /** Scenarios and rules that it is judged by; all if absent. */
  readonly only?: readonly string[];
  /** Part of the selection that every run of the tests makes. */
  readonly quick?: true;
}

/** The reference stack, whole and in parts, is judged by the suite itself; these are others. */
export const SOUND: readonly SoundServer[] = [
  { name: "prefork-all-at-once", target: "prefork" },
  { name: "prefork-rolling", target: "prefork", env: { HUPSPEC_STRATEGY: "rolling" } },
  { name: "prefork-from-file", target: "from-file/target.yaml", only: ["failure/bad-config"] },
  // The reference stack can't be upgraded in place so far.
  { name: "upgrade", target: "upgrade/target.yaml", only: ["lifecycle/upgrade"] },
  { name: "preload-each-time", target: "preload/sound.yaml", only: ["reload/preload"] },
];
