import { Draft } from "./draft.ts";
import { settle } from "./settle.ts";
import type { Effect, MasterEvent, MasterState } from "./state.ts";

export interface Transition {
  readonly state: MasterState;
  /** To be carried out in this order. */
  readonly effects: readonly Effect[];
}

/** The one place where the state of the master changes: what happened, then what follows from it. Pure. */
export function transition(state: MasterState, event: MasterEvent): Transition {
  const draft = new Draft(state);
  apply(draft, event);
  settle(draft);
  return { state: draft.state, effects: draft.effects };
}

function apply(draft: Draft, event: MasterEvent): void {
  switch (event.kind) {
    case "start":
      return;
    case "reload":
      return wantReload(draft);
    case "stop":
      return stop(draft, event.quick, event.status);
    case "more":
      return resize(draft, 1);
    case "fewer":
      return resize(draft, -1);
    case "respawn-due":
      return draft.set({ holding: false });
    case "prepared":
      if (draft.mode.kind !== "preparing") return;
      draft.tell("info", "reload-started", `cohort ${event.cohort}, ${event.strategy}, ${event.target} workers`);
      return draft.enter({ ...event, kind: "reloading", listening: true });
    case "refused":
      if (draft.mode.kind !== "preparing") return;
      draft.tell("error", "reload-failed", `configuration refused, the running one stays: ${event.reason}`);
      return draft.enter({ kind: "serving" });
    case "loaded": {
      const { generation } = event;
      return draft.update(
        event.worker,
        { phase: "loaded", ...(generation !== undefined && { generation }) },
        "booting",
      );
    }
    case "ready":
      return draft.update(event.worker, { phase: "ready" }, "admitted");
    case "closed":
      return draft.update(event.worker, { closed: true });
    case "retire":
      draft.tell("info", "worker-retires", `worker ${event.worker}: ${event.reason}`);
      return draft.update(event.worker, { retiring: true });
    case "expired":
      return expire(draft, event.worker, event.limit);
    case "exited":
      return bury(draft, event.worker, event.how, event.settled);
    default:
      return event satisfies never;
  }
}

function wantReload(draft: Draft): void {
  if (draft.isEnding) return draft.tell("warn", "reload-failed", "the server is stopping");
  const busy = draft.state.untold === undefined ? draft.mode.kind : "reloading";
  if (busy !== "serving") draft.tell("info", "reload-queued", `after ${busy}`);
  draft.set({ reloadWanted: true });
}

function stop(draft: Draft, quick: boolean, status: number): void {
  if (draft.mode.kind === "stopped") return;
  // Whoever asks twice has waited long enough.
  const hurry = quick || draft.mode.kind === "stopping";
  draft.tell("info", "stopping", hurry ? "at once" : "after the requests in flight");
  draft.enter({ kind: "stopping", quick: hurry, status });
  for (const worker of draft.workers) draft.dismiss(worker, hurry);
  // Last, so that no connection finds the address closed while a worker could still have taken it.
  draft.effect({ do: "close-listener" });
}

function resize(draft: Draft, by: number): void {
  if (draft.isEnding) return;
  draft.set({ target: Math.max(1, draft.state.target + by) });
  if (draft.mode.kind === "reloading") draft.enter({ ...draft.mode, target: Math.max(1, draft.mode.target + by) });
  draft.tell("info", "resized", `${draft.state.target} workers`);
}

function expire(draft: Draft, id: number, limit: "boot" | "silence" | "drain" | "quit"): void {
  const worker = draft.find(id);
  if (!worker || worker.phase === "killed") return;
  draft.tell("error", "worker-killed", `worker ${id}: ${EXPIRY[limit]}`);
  const { mode } = draft;
  // Given up right away: a strategy that saw one fresh worker too few would start another.
  const failsReload = mode.kind === "reloading" && worker.cohort === mode.cohort && !worker.expendable;
  draft.update(id, { phase: "killed", expendable: worker.expendable || failsReload });
  draft.effect({ do: "kill", worker: id });
  if (failsReload) draft.giveUpReload(worker, EXPIRY[limit]);
}

const EXPIRY = {
  boot: "not ready within bootTimeoutMs",
  silence: "its event loop was silent for workerTimeoutMs",
  drain: "still there after gracefulTimeoutMs",
  quit: "did not leave at once",
} as const;

function bury(draft: Draft, id: number, how: string, settled: boolean): void {
  const worker = draft.find(id);
  if (!worker) return;
  draft.set({ workers: draft.workers.filter((other) => other !== worker) });
  if (worker.expendable || draft.isEnding) {
    return draft.tell("info", "worker-left", `worker ${id}: ${how}, cohort ${worker.cohort}`);
  }
  draft.tell("error", "worker-died", `worker ${id}: ${how} while ${worker.phase}, cohort ${worker.cohort}`);
  const { mode } = draft;
  if (mode.kind === "starting" && !draft.state.reloadWanted) return stop(draft, true, 1);
  if (mode.kind === "starting") return draft.enter({ kind: "serving" });
  if (mode.kind === "reloading" && worker.cohort === mode.cohort) return draft.giveUpReload(worker, how);
  const failures = settled ? 0 : draft.state.failures;
  draft.set({ failures: failures + 1 });
  // The first death is answered at once, a series of them ever more slowly.
  if (failures === 0 || draft.state.holding) return;
  draft.set({ holding: true });
  draft.effect({ do: "back-off", failures });
}
