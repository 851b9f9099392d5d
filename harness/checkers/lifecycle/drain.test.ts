import { describe, expect, it } from "vitest";
import type { HeldRequest, LedgerRow } from "../../spec/history.ts";
import { drain } from "./drain.ts";
import { action, rowOf, stop } from "../testing/history-fixture.ts";
import { freshLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";

const heldFrom = (enteredMs: number, releasedMs: number, outcome: LedgerRow["outcome"] = "ok"): HeldRequest => ({
  row: rowOf({ id: "held", intendedMs: enteredMs - 10, doneMs: releasedMs + 5, outcome }),
  door: "front",
  enteredMs,
  releasedMs,
  action: 1,
});

describe("lifecycle/stop-drains", () => {
  const check = drain["lifecycle/stop-drains"];
  const inFlight = heldFrom(7_900, 8_200);

  it("holds where what is in flight is answered and the exit is clean", () => {
    expect(check(soundReload({ held: [inFlight, inFlight], stop: stop() }))).toMatchObject({
      outcome: "held",
      trials: 3,
    });
  });

  it.each([
    ["a lost request", [heldFrom(7_900, 8_200, "truncated")], {}, 1],
    ["another status", [inFlight], { exitCode: 1 }, 1],
    ["an end by a signal", [inFlight], { exitCode: null, signal: "SIGTERM" }, 1],
    ["a process that has to be killed", [inFlight], { killed: true, exitCode: null, signal: "SIGKILL" }, 1],
    ["a late exit", [inFlight], { exitedMs: 14_000 }, 1],
    [
      "a process left over",
      [inFlight],
      { leftOver: [{ pid: 9, ppid: 1, state: "S", startTicks: 1, command: "x" }] },
      1,
    ],
  ])("is violated by %s", (_, held, facts, violations) => {
    expect(check(soundReload({ held, stop: stop(facts) }))).toMatchObject({ outcome: "violated", violations });
  });

  it("gives a short drain the margin that every deadline has, and says how long", () => {
    const ended = (exitedMs: number) =>
      check(soundReload({ target: { drainMs: 500 }, held: [inFlight], stop: stop({ exitedMs }) }));
    expect(ended(10_600).outcome).toBe("held");
    expect(ended(10_800)).toMatchObject({
      outcome: "violated",
      expected: expect.stringContaining("within 2500 ms of the last answer"),
    });
  });

  it("holds where the status of a main process that is no child of ours can't be seen", () => {
    const unseen = stop({ exitCode: null, signal: null });
    expect(check(soundReload({ held: [inFlight], stop: unseen })).outcome).toBe("held");
  });

  it("decides nothing without a stop, or with nothing in flight", () => {
    expect(check(soundReload({ held: [inFlight] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ held: [heldFrom(900, 1_300)], stop: stop() })).outcome).toBe("inconclusive");
  });
});

describe("lifecycle/reload-during-drain", () => {
  const check = drain["lifecycle/reload-during-drain"];
  const second = (facts: Parameters<typeof action>[0] = {}) =>
    action({ index: 2, startedMs: 1_400, generation: 3, ...facts });
  const held = [heldFrom(900, 1_500)];

  it("holds where the last release serves, or the second is refused", () => {
    expect(check(soundReload({ held, actions: [action(), second()] }))).toMatchObject({ outcome: "held", trials: 2 });
    const refused = second({ error: "exit code 1", refused: true, servedMs: undefined });
    expect(check(soundReload({ held, actions: [action(), refused] }))).toMatchObject({
      outcome: "held",
      observed: expect.stringContaining("refused (exit code 1)"),
    });
  });

  it("is violated where it is swallowed, or costs what was in flight", () => {
    const swallowed = second({ servedMs: undefined });
    expect(check(soundReload({ held, actions: [action(), swallowed] }))).toMatchObject({
      outcome: "violated",
      evidence: [{ kind: "action" }],
    });
    const lost = [heldFrom(900, 1_500, "closed-before-answer-fresh")];
    expect(check(soundReload({ held: lost, actions: [action(), second()] }))).toMatchObject({ outcome: "violated" });
  });

  it("decides nothing without two reloads that could be asked for, and a request across both", () => {
    const unasked = second({ error: "no such command", servedMs: undefined });
    expect(check(soundReload({ held, actions: [action(), unasked] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ held })).outcome).toBe("inconclusive");
    expect(check(soundReload({ actions: [action(), second()] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ held: [heldFrom(900, 1_300)], actions: [action(), second()] })).outcome).toBe(
      "inconclusive",
    );
    const late = [action({ servedMs: 1_450 }), second({ servedMs: undefined })];
    expect(check(soundReload({ held, actions: late })).outcome).toBe("inconclusive");
  });

  it("does not hold against it what the end of the first drain cut before the suite let go of it", () => {
    const target = { drainMs: 2_000 };
    const actions = [action(), second({ startedMs: 3_500 })];
    const cut = { ...heldFrom(900, 4_000), row: rowOf({ outcome: "closed-before-answer-fresh", doneMs: 3_100 }) };
    expect(check(soundReload({ target, actions, held: [heldFrom(900, 4_000), cut] }))).toMatchObject({
      outcome: "held",
      trials: 2,
    });
    expect(check(soundReload({ target, actions, held: [cut] })).outcome).toBe("inconclusive");
    const early = { ...cut, row: rowOf({ outcome: "closed-before-answer-fresh", doneMs: 2_900 }) };
    expect(check(soundReload({ target, actions, held: [early] })).outcome).toBe("violated");
  });

  // New workers that wait for the old ones: neither release serves before what is held is let go.
  it("holds where the last release serves, though the first did not before it was asked for", () => {
    for (const servedMs of [1_600, undefined])
      expect(check(soundReload({ held, actions: [action({ servedMs }), second({ servedMs: 1_600 })] }))).toMatchObject({
        outcome: "held",
      });
  });
});

describe("lifecycle/no-eintr-in-app", () => {
  const check = drain["lifecycle/no-eintr-in-app"];

  it("holds where nothing inside the application fails", () => {
    expect(check(soundReload({ held: [heldFrom(900, 1_300)] })).outcome).toBe("held");
    // What a server says itself is no failure of the application.
    const refused = { ...heldFrom(900, 1_300, "status-503"), row: rowOf({ outcome: "status-503", worker: 0 }) };
    expect(check(soundReload({ held: [refused] })).outcome).toBe("held");
  });

  it("is violated by a failure of the application, held or not", () => {
    expect(check(soundReload({ held: [heldFrom(900, 1_300, "status-500")] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
    const rows = rowsAroundReload((row, index) => (index === 55 ? { ...row, outcome: "status-502" as const } : row));
    expect(check(soundReload({ held: [heldFrom(900, 1_300)], loads: [freshLoad(rows)] })).outcome).toBe("violated");
  });

  it("decides nothing where nobody says who failed", () => {
    const held = { ...heldFrom(900, 1_300), row: rowOf({ outcome: "status-500", status: 500, worker: 0 }) };
    expect(check(soundReload({ held: [held] }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("1 answers with status 500"),
    });
    const named = heldFrom(900, 1_300, "status-500");
    expect(check(soundReload({ held: [held, named] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing if nothing was inside when the reload came", () => {
    expect(check(soundReload()).outcome).toBe("inconclusive");
    expect(check(soundReload({ held: [heldFrom(1_100, 1_300)] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ held: [heldFrom(900, 1_300)], actions: [] })).outcome).toBe("inconclusive");
  });
});

describe("lifecycle/workers-exit-clean", () => {
  const check = drain["lifecycle/workers-exit-clean"];
  const exit = (code: number | null, signal: string | null = null) =>
    ({ kind: "exit", name: "drained", atMs: 1_600, pid: 100, code, signal }) as const;

  it("holds with status 0", () => {
    expect(check(soundReload({ observations: [exit(0), exit(0)] }))).toMatchObject({ outcome: "held", trials: 2 });
  });

  it.each([
    [exit(1), /status 1/],
    [exit(null, "SIGKILL"), /by SIGKILL/],
  ])("is violated by %o", (observation, text) => {
    expect(check(soundReload({ observations: [exit(0), observation] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [{ text: expect.stringMatching(text) }],
    });
  });

  it("decides nothing where no zombie was caught, or no reload took effect", () => {
    expect(check(soundReload()).outcome).toBe("inconclusive");
    expect(check(soundReload({ observations: [exit(1)], actions: [] })).outcome).toBe("inconclusive");
  });
});
