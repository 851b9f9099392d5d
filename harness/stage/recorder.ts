import type { Observation } from "../spec/observation.ts";
import type {
  ActionRecord,
  BurstRecord,
  HeldRequest,
  History,
  LoadRecord,
  LogSnapshot,
  StopRecord,
  TargetFacts,
} from "../spec/history.ts";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a phase of a replay left behind so far. The stage is its only owner. */
export class HistoryRecorder {
  readonly startedWallMs = Date.now();
  readonly loads: LoadRecord[] = [];
  readonly actions: Mutable<ActionRecord>[] = [];
  readonly held: HeldRequest[] = [];
  readonly logs: LogSnapshot[] = [];
  readonly bursts: BurstRecord[] = [];
  readonly observations: Observation[] = [];
  stop: StopRecord | undefined;
  readonly #origin = performance.now();

  /** Milliseconds on the clock of the history. */
  readonly now = (): number => performance.now() - this.#origin;

  /** An instant of `performance.now()` on the clock of the history. */
  at(instantMs: number): number {
    return instantMs - this.#origin;
  }

  /** Opens the record of an action; its fields are filled in as they become known. */
  begin(
    kind: ActionRecord["kind"],
    facts: Pick<ActionRecord, "generation" | "release" | "bootDelayMs">,
  ): Mutable<ActionRecord> {
    const startedMs = this.now();
    const record: Mutable<ActionRecord> = {
      ...facts,
      kind,
      index: this.actions.filter((action) => action.kind === kind).length + 1,
      startedMs,
      returnedMs: startedMs,
      settleDeadlineMs: startedMs,
    };
    this.actions.push(record);
    return record;
  }

  history(
    scenario: string,
    phase: History["phase"],
    target: TargetFacts,
    watched: Pick<History, "processes" | "pauses">,
  ): History {
    return {
      scenario,
      target,
      phase,
      startedWallMs: this.startedWallMs,
      durationMs: this.now(),
      loads: this.loads,
      actions: this.actions,
      held: this.held,
      ...watched,
      logs: this.logs,
      bursts: this.bursts,
      observations: this.observations,
      ...(this.stop && { stop: this.stop }),
    };
  }
}
