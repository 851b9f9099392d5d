/*
 * The life of a program as a total table, state x event -> next state and what to do. Nothing here touches a process;
 * `program.ts` carries the effects out and feeds their outcomes back as events.
 */

export type ProgramState =
  /** Not wanted. */
  | { readonly kind: "stopped" }
  /** Alive, but not yet for `startMs`; `failures` starts in a row went wrong before. */
  | { readonly kind: "starting"; readonly failures: number }
  | { readonly kind: "running" }
  /** Asked to end, the deadline runs. */
  | { readonly kind: "stopping"; readonly next: "stay" | "start" }
  /** The process is gone; what is left of its group has to go and its output has to be read before anything else. */
  | { readonly kind: "clearing"; readonly next: "stay" | "start" | "retry"; readonly failures: number }
  /** Waits before it is started again. */
  | { readonly kind: "backoff"; readonly failures: number };

export type ProgramEvent =
  | { readonly kind: "start" }
  | { readonly kind: "stop" }
  | { readonly kind: "restart" }
  /** It has been alive for `startMs`. */
  | { readonly kind: "settled" }
  /** The process has ended, or could not be started at all. */
  | { readonly kind: "exited" }
  | { readonly kind: "deadline" }
  | { readonly kind: "cleared" }
  | { readonly kind: "retry" };

export type ProgramAction =
  | { readonly do: "spawn" }
  /** Send the stop signal to the process. */
  | { readonly do: "signal" }
  | { readonly do: "kill-group" }
  /** End what is left of the group, read the output to its end. */
  | { readonly do: "clear" }
  | { readonly do: "wait"; readonly failures: number };

export interface Step {
  readonly state: ProgramState;
  readonly actions: readonly ProgramAction[];
}

export function transition(state: ProgramState, event: ProgramEvent): Step {
  // Each row is typed for its own state; the lookup can't express that the two go together.
  const row = TABLE[state.kind] as Record<ProgramEvent["kind"], (state: ProgramState) => Step>;
  return row[event.kind](state);
}

type StateOf<K extends ProgramState["kind"]> = Extract<ProgramState, { kind: K }>;
type Table = {
  readonly [S in ProgramState["kind"]]: Readonly<Record<ProgramEvent["kind"], (state: StateOf<S>) => Step>>;
};

const go = (state: ProgramState, ...actions: readonly ProgramAction[]): Step => ({ state, actions });
/** Nothing to do: asked for what is already so, or a timer that came late. */
const stay = (state: ProgramState): Step => go(state);
const spawn = (failures: number): Step => go({ kind: "starting", failures }, { do: "spawn" });
const end = (next: "stay" | "start"): Step => go({ kind: "stopping", next }, { do: "signal" });
const clear = (next: "stay" | "start" | "retry", failures = 0): Step =>
  go({ kind: "clearing", next, failures }, { do: "clear" });

const TABLE: Table = {
  stopped: {
    start: () => spawn(0),
    restart: () => spawn(0),
    stop: stay,
    settled: stay,
    exited: stay,
    deadline: stay,
    cleared: stay,
    retry: stay,
  },
  starting: {
    start: stay,
    restart: () => end("start"),
    stop: () => end("stay"),
    settled: () => go({ kind: "running" }),
    exited: ({ failures }) => clear("retry", failures + 1),
    deadline: stay,
    cleared: stay,
    retry: stay,
  },
  running: {
    start: stay,
    restart: () => end("start"),
    stop: () => end("stay"),
    settled: stay,
    // It had started well, so the first new start follows at once.
    exited: () => clear("start"),
    deadline: stay,
    cleared: stay,
    retry: stay,
  },
  stopping: {
    start: () => go({ kind: "stopping", next: "start" }),
    restart: () => go({ kind: "stopping", next: "start" }),
    stop: () => go({ kind: "stopping", next: "stay" }),
    settled: stay,
    exited: ({ next }) => clear(next),
    deadline: (state) => go(state, { do: "kill-group" }),
    cleared: stay,
    retry: stay,
  },
  clearing: {
    start: (state) => (state.next === "stay" ? go({ ...state, next: "start" }) : stay(state)),
    restart: (state) => go({ ...state, next: "start" }),
    stop: (state) => go({ ...state, next: "stay" }),
    settled: stay,
    exited: stay,
    deadline: (state) => go(state, { do: "kill-group" }),
    cleared: ({ next, failures }) => {
      if (next === "stay") return go({ kind: "stopped" });
      return next === "start" ? spawn(0) : go({ kind: "backoff", failures }, { do: "wait", failures });
    },
    retry: stay,
  },
  backoff: {
    start: () => spawn(0),
    restart: () => spawn(0),
    stop: () => go({ kind: "stopped" }),
    settled: stay,
    exited: stay,
    deadline: stay,
    cleared: stay,
    retry: ({ failures }) => spawn(failures),
  },
};

/** Pause before start number `failures` + 1 in a row, in milliseconds: doubling, bounded. */
export function backoffMs(failures: number, minMs: number, maxMs: number): number {
  return Math.min(maxMs, minMs * 2 ** Math.min(failures - 1, 30));
}
