import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs, transition, type ProgramEvent, type ProgramState } from "./program-state.ts";

const STATES: readonly ProgramState[] = [
  { kind: "stopped" },
  { kind: "starting", failures: 2 },
  { kind: "running" },
  { kind: "stopping", next: "stay" },
  { kind: "stopping", next: "start" },
  { kind: "clearing", next: "stay", failures: 0 },
  { kind: "clearing", next: "start", failures: 0 },
  { kind: "clearing", next: "retry", failures: 3 },
  { kind: "backoff", failures: 3 },
];
const EVENTS = ["start", "stop", "restart", "settled", "exited", "deadline", "cleared", "retry"] as const;

function describeState(state: ProgramState): string {
  const { kind, ...rest } = state;
  return [kind, ...Object.values(rest)].join(" ");
}

describe("life of a program", () => {
  it("is the table that one expects", () => {
    const rows = STATES.flatMap((state) =>
      EVENTS.flatMap((kind) => {
        const step = transition(state, { kind });
        const actions = step.actions.map((action) => action.do).join(", ");
        const same = describeState(step.state) === describeState(state) && actions === "";
        return same
          ? []
          : [`${describeState(state)} | ${kind} -> ${describeState(step.state)}${actions && ` (${actions})`}`];
      }),
    );
    expect(rows).toEqual([
      "stopped | start -> starting 0 (spawn)",
      "stopped | restart -> starting 0 (spawn)",
      "starting 2 | stop -> stopping stay (signal)",
      "starting 2 | restart -> stopping start (signal)",
      "starting 2 | settled -> running",
      "starting 2 | exited -> clearing retry 3 (clear)",
      "running | stop -> stopping stay (signal)",
      "running | restart -> stopping start (signal)",
      "running | exited -> clearing start 0 (clear)",
      "stopping stay | start -> stopping start",
      "stopping stay | restart -> stopping start",
      "stopping stay | exited -> clearing stay 0 (clear)",
      "stopping stay | deadline -> stopping stay (kill-group)",
      "stopping start | stop -> stopping stay",
      "stopping start | exited -> clearing start 0 (clear)",
      "stopping start | deadline -> stopping start (kill-group)",
      "clearing stay 0 | start -> clearing start 0",
      "clearing stay 0 | restart -> clearing start 0",
      "clearing stay 0 | deadline -> clearing stay 0 (kill-group)",
      "clearing stay 0 | cleared -> stopped",
      "clearing start 0 | stop -> clearing stay 0",
      "clearing start 0 | deadline -> clearing start 0 (kill-group)",
      "clearing start 0 | cleared -> starting 0 (spawn)",
      "clearing retry 3 | stop -> clearing stay 3",
      "clearing retry 3 | restart -> clearing start 3",
      "clearing retry 3 | deadline -> clearing retry 3 (kill-group)",
      "clearing retry 3 | cleared -> backoff 3 (wait)",
      "backoff 3 | start -> starting 0 (spawn)",
      "backoff 3 | stop -> stopped",
      "backoff 3 | restart -> starting 0 (spawn)",
      "backoff 3 | retry -> starting 3 (spawn)",
    ]);
  });

  it("never spawns while an earlier process or its group may live", () => {
    const events = fc.array(fc.constantFrom(...EVENTS), { maxLength: 60 });
    fc.assert(
      fc.property(events, (kinds) => {
        let state: ProgramState = { kind: "stopped" };
        let alive = false;
        let clearing = false;
        for (const kind of kinds) {
          // What the world can't send: an exit without a process, an end of clearing without a clearing.
          if ((kind === "exited" && !alive) || (kind === "cleared" && !clearing)) continue;
          if (kind === "exited") alive = false;
          if (kind === "cleared") clearing = false;
          const step = transition(state, { kind } satisfies ProgramEvent);
          for (const action of step.actions) {
            if (action.do === "spawn") {
              expect(alive || clearing).toBe(false);
              alive = true;
            }
            if (action.do === "clear") clearing = true;
          }
          state = step.state;
          expect(alive).toBe(["starting", "running", "stopping"].includes(state.kind));
        }
      }),
    );
  });

  it("doubles the pause up to its bound", () => {
    expect([1, 2, 3, 4, 5, 100].map((failures) => backoffMs(failures, 100, 1_000))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
  });
});
