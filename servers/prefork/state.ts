import type { StrategyName } from "./strategies/index.ts";

/*
 * All that the master knows while it runs. A cohort is the set of workers started from one reading of the configuration
 * and of the release link; a worker that dies is replaced by one of its own cohort.
 */

export interface WorkerState {
  readonly id: number;
  readonly cohort: number;
  /** `loaded`: has the application and waits to be let in; `admitted`: told to listen; `ready`: accepts. */
  readonly phase: "booting" | "loaded" | "admitted" | "ready" | "draining" | "killed";
  /** Asked to be replaced (its quota of requests is used up, or somebody told it to leave). */
  readonly retiring: boolean;
  /** Told to leave, it has closed its listener. */
  readonly closed: boolean;
  /** Its end is what the master wants; any other end is a failure. */
  readonly expendable: boolean;
  /** What the application says of itself once loaded. */
  readonly generation?: number;
}

export type Mode =
  /** The first cohort boots; nobody serves yet. */
  | { readonly kind: "starting" }
  | { readonly kind: "serving" }
  /** The configuration is being read for a reload. */
  | { readonly kind: "preparing" }
  | {
      readonly kind: "reloading";
      readonly strategy: StrategyName;
      readonly cohort: number;
      readonly target: number;
      readonly listening: boolean;
    }
  | { readonly kind: "stopping"; readonly quick: boolean; readonly status: number }
  | { readonly kind: "stopped"; readonly status: number };

export interface MasterState {
  readonly mode: Mode;
  /** The cohort in force. */
  readonly current: number;
  /** Workers wanted. */
  readonly target: number;
  readonly workers: readonly WorkerState[];
  /** Reloads asked for while one could not begin; any number of them is one. */
  readonly reloadWanted: boolean;
  readonly nextWorker: number;
  /** A reload that is in force, and whose success is told once no older worker may accept any more: that record. */
  readonly untold: string | undefined;
  /** Workers that died one soon after the other. */
  readonly failures: number;
  /** No worker is started until the back-off is over. */
  readonly holding: boolean;
}

export type MasterEvent =
  | { readonly kind: "start" }
  | { readonly kind: "reload" }
  | { readonly kind: "stop"; readonly quick: boolean; readonly status: number }
  | { readonly kind: "more" | "fewer" | "respawn-due" }
  | { readonly kind: "prepared"; readonly cohort: number; readonly target: number; readonly strategy: StrategyName }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "loaded"; readonly worker: number; readonly generation?: number }
  | { readonly kind: "ready" | "closed"; readonly worker: number }
  | { readonly kind: "retire"; readonly worker: number; readonly reason: string }
  /** A time limit passed: boot, event loop silent, drain. */
  | { readonly kind: "expired"; readonly worker: number; readonly limit: "boot" | "silence" | "drain" | "quit" }
  /** `settled`: it had served long enough for its end to be no sign of a crash loop. */
  | { readonly kind: "exited"; readonly worker: number; readonly how: string; readonly settled: boolean };

export type Effect =
  | { readonly do: "prepare" | "close-listener" | "open-listener" }
  | { readonly do: "spawn"; readonly worker: number; readonly cohort: number }
  | { readonly do: "admit" | "drain" | "quit" | "kill"; readonly worker: number }
  /** The cohort is in force, or given up. */
  | { readonly do: "adopt" | "discard"; readonly cohort: number }
  | { readonly do: "back-off"; readonly failures: number }
  | { readonly do: "tell"; readonly level: "info" | "warn" | "error"; readonly event: string; readonly msg: string }
  | { readonly do: "exit"; readonly status: number };

/** Cohorts that may be on their way out at once; a reload beyond that waits, so that pinned connections cannot pile up processes. */
export const LEAVING_COHORTS = 2;

export function initialState(target: number): MasterState {
  return {
    mode: { kind: "starting" },
    current: 0,
    target,
    workers: [],
    reloadWanted: false,
    nextWorker: 1,
    untold: undefined,
    failures: 0,
    holding: false,
  };
}
