import type { Effect, MasterState, Mode, WorkerState } from "./state.ts";
import { STRATEGIES } from "./strategies/index.ts";

/** A state in the making, and the effects collected on the way. */
export class Draft {
  state: MasterState;
  readonly effects: Effect[] = [];

  constructor(state: MasterState) {
    this.state = state;
  }

  get mode(): Mode {
    return this.state.mode;
  }

  get workers(): readonly WorkerState[] {
    return this.state.workers;
  }

  get isEnding(): boolean {
    return this.mode.kind === "stopping" || this.mode.kind === "stopped";
  }

  set(change: Partial<MasterState>): void {
    this.state = { ...this.state, ...change };
  }

  enter(mode: Mode): void {
    this.set({ mode });
  }

  effect(effect: Effect): void {
    this.effects.push(effect);
  }

  tell(level: "info" | "warn" | "error", event: string, msg: string): void {
    this.effect({ do: "tell", level, event, msg });
  }

  find(id: number): WorkerState | undefined {
    return this.workers.find((worker) => worker.id === id);
  }

  /** Changes a worker that is still there and, where `from` is given, in that phase. */
  update(id: number, change: Partial<WorkerState>, from?: WorkerState["phase"]): void {
    this.set({
      workers: this.workers.map((worker) =>
        worker.id === id && (from === undefined || worker.phase === from) ? { ...worker, ...change } : worker,
      ),
    });
  }

  spawn(cohort: number, count: number): void {
    for (let index = 0; index < count; index++) {
      const id = this.state.nextWorker;
      const worker: WorkerState = { id, cohort, phase: "booting", retiring: false, closed: false, expendable: false };
      this.set({ nextWorker: id + 1, workers: [...this.workers, worker] });
      this.effect({ do: "spawn", worker: id, cohort });
    }
  }

  admit(workers: readonly WorkerState[]): void {
    for (const { id } of workers) {
      this.update(id, { phase: "admitted" });
      this.effect({ do: "admit", worker: id });
    }
  }

  /** Sends a worker away: one that may hold requests drains, one that cannot is killed, in a hurry all quit. */
  dismiss(worker: WorkerState, hurry = false): void {
    const { id, phase } = worker;
    if (phase === "killed") return this.update(id, { expendable: true });
    if (phase === "booting" || phase === "loaded") {
      this.update(id, { phase: "killed", expendable: true });
      return this.effect({ do: "kill", worker: id });
    }
    if (phase === "draining" && !hurry) return;
    this.update(id, { phase: "draining", expendable: true });
    this.effect({ do: hurry ? "quit" : "drain", worker: id });
  }

  giveUpReload(failed: WorkerState, how: string): void {
    if (this.mode.kind !== "reloading") return;
    const { cohort, strategy, target } = this.mode;
    const generation = failed.generation === undefined ? "" : ` of generation ${failed.generation}`;
    this.tell("error", "reload-failed", `a worker${generation} of cohort ${cohort} did not stay: ${how}`);
    this.enter({ kind: "serving" });
    if (STRATEGIES[strategy].interrupts) {
      // Nothing old is left to return to: go on trying with what there is.
      this.set({ current: cohort, target, failures: this.state.failures + 1, holding: true });
      this.effect({ do: "adopt", cohort });
      return this.effect({ do: "back-off", failures: this.state.failures });
    }
    for (const worker of this.workers) if (worker.cohort === cohort) this.dismiss(worker);
    this.effect({ do: "discard", cohort });
  }
}
