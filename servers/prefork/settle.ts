import type { Draft } from "./draft.ts";
import { LEAVING_COHORTS, type WorkerState } from "./state.ts";
import { STRATEGIES } from "./strategies/index.ts";
import { withPhase, type Step } from "./strategies/strategy.ts";

/** Brings the workers nearer to what the mode wants, as far as that is possible before something else happens. */
export function settle(draft: Draft): void {
  tellReloadDone(draft);
  switch (draft.mode.kind) {
    case "starting":
      return start(draft);
    case "serving":
      balance(draft);
      return beginReload(draft);
    case "preparing":
      return balance(draft);
    case "reloading":
      return reload(draft);
    case "stopping":
      if (draft.workers.length > 0) return;
      draft.effect({ do: "exit", status: draft.mode.status });
      return draft.enter({ kind: "stopped", status: draft.mode.status });
    case "stopped":
      return;
    default:
      return draft.mode satisfies never;
  }
}

function start(draft: Draft): void {
  const { target } = draft.state;
  draft.spawn(draft.state.current, target - draft.workers.length);
  draft.admit(withPhase(draft.workers, "loaded"));
  if (withPhase(draft.workers, "ready").length < target) return;
  draft.tell("info", "started", `${target} workers${generationOf(draft.workers)}`);
  draft.enter({ kind: "serving" });
  settle(draft);
}

/** Keeps the cohort in force at its size, and lets those leave whose replacements are ready. */
function balance(draft: Draft): void {
  const { current, target, holding } = draft.state;
  const active = draft.workers.filter((worker) => isPresent(worker) && worker.cohort === current && !worker.retiring);
  draft.admit(withPhase(active, "loaded"));
  if (active.length < target && !holding) draft.spawn(current, target - active.length);
  // The youngest go first: they are the least likely to hold anything.
  if (active.length > target) for (const worker of active.slice(target)) draft.dismiss(worker);
  if (withPhase(active, "ready").length < target) return;
  const strays = draft.workers.filter((worker) => isPresent(worker) && (worker.cohort !== current || worker.retiring));
  for (const worker of strays) draft.dismiss(worker);
}

function beginReload(draft: Draft): void {
  if (!draft.state.reloadWanted || draft.state.untold !== undefined) return;
  const leaving = new Set(withPhase(draft.workers, "draining").map((worker) => worker.cohort));
  if (leaving.size >= LEAVING_COHORTS) return;
  draft.set({ reloadWanted: false });
  draft.enter({ kind: "preparing" });
  draft.effect({ do: "prepare" });
}

function reload(draft: Draft): void {
  while (draft.mode.kind === "reloading") {
    const { cohort, strategy, target, listening } = draft.mode;
    const present = draft.workers.filter(isPresent);
    const steps = STRATEGIES[strategy].next({
      target,
      old: present.filter((worker) => worker.cohort !== cohort),
      fresh: present.filter((worker) => worker.cohort === cohort),
      leaving: draft.workers.length - present.length,
      listening,
    });
    for (const step of steps) take(draft, step, cohort);
    if (steps.length === 0) return keepOldUp(draft);
  }
  settle(draft);
}

function take(draft: Draft, step: Step, cohort: number): void {
  switch (step.do) {
    case "spawn":
      return draft.spawn(cohort, step.count);
    case "admit":
      return draft.admit(step.workers);
    case "drain":
      for (const worker of step.workers) draft.dismiss(worker);
      return;
    case "close-listener":
    case "open-listener":
      draft.effect({ do: step.do });
      if (draft.mode.kind === "reloading") draft.enter({ ...draft.mode, listening: step.do === "open-listener" });
      return;
    case "done": {
      const target = draft.mode.kind === "reloading" ? draft.mode.target : draft.state.target;
      draft.set({ current: cohort, target, failures: 0 });
      draft.effect({ do: "adopt", cohort });
      const fresh = draft.workers.filter((worker) => worker.cohort === cohort);
      draft.set({ untold: `cohort ${cohort}, ${target} workers${generationOf(fresh)}` });
      return draft.enter({ kind: "serving" });
    }
    default:
      return step satisfies never;
  }
}

/**
 * Whoever is told that a reload is done may rely on it: while an old worker has not yet heard that it is to leave, it may
 * still take a connection and answer with the old code. One that is stuck holds the record back until it is killed.
 */
function tellReloadDone(draft: Draft): void {
  const { untold, current } = draft.state;
  const mayAccept = ({ cohort, closed }: WorkerState): boolean => cohort !== current && !closed;
  if (untold === undefined || draft.workers.some(mayAccept)) return;
  draft.set({ untold: undefined });
  draft.tell("info", "reload-done", untold);
}

/** Old workers that die during a reload are replaced by their like: the release to come may never get ready. */
function keepOldUp(draft: Draft): void {
  const { mode, state } = draft;
  if (mode.kind !== "reloading" || STRATEGIES[mode.strategy].interrupts) return;
  const old = draft.workers.filter((worker) => isPresent(worker) && worker.cohort === state.current);
  draft.admit(withPhase(old, "loaded"));
  const fresh = draft.workers.filter((worker) => worker.phase === "ready" && worker.cohort === mode.cohort);
  if (!state.holding) draft.spawn(state.current, Math.min(state.target, mode.target) - old.length - fresh.length);
}

function isPresent(worker: WorkerState): boolean {
  return worker.phase !== "draining" && worker.phase !== "killed";
}

function generationOf(workers: readonly WorkerState[]): string {
  const known = [...new Set(workers.flatMap(({ generation }) => (generation === undefined ? [] : [generation])))];
  return known.length === 0 ? "" : ` of generation ${known.join(", ")}`;
}
