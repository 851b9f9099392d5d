import type { WorkerState } from "../state.ts";

/** What a strategy sees of a reload under way. */
export interface ReloadView {
  /** Workers wanted. */
  readonly target: number;
  /** Workers of earlier cohorts that have not been asked to leave. */
  readonly old: readonly WorkerState[];
  /** Workers of the cohort that is to take over. */
  readonly fresh: readonly WorkerState[];
  /** Number of workers on their way out. */
  readonly leaving: number;
  /** Whether the master still holds the listener. */
  readonly listening: boolean;
}

export type Step =
  /** Start workers of the new cohort; they load the application and then wait. */
  | { readonly do: "spawn"; readonly count: number }
  /** Let loaded workers accept connections. */
  | { readonly do: "admit"; readonly workers: readonly WorkerState[] }
  | { readonly do: "drain"; readonly workers: readonly WorkerState[] }
  | { readonly do: "close-listener" }
  | { readonly do: "open-listener" }
  /** The new cohort is the one in force. */
  | { readonly do: "done" };

/**
 * A way to get from one cohort of workers to the next. Asked again after everything that happens to a worker, and after
 * its own steps until it has none; a pure function of the view. Failure is not its business: the master gives the
 * reload up as soon as a fresh worker ends.
 */
export interface Strategy {
  /** The old workers go before the new ones come: there is nothing to return to and nobody to keep serving. */
  readonly interrupts: boolean;
  next(view: ReloadView): readonly Step[];
}

export function withPhase(workers: readonly WorkerState[], phase: WorkerState["phase"]): WorkerState[] {
  return workers.filter((worker) => worker.phase === phase);
}
