import { describe, expect, it } from "vitest";
import { exchangeSeen } from "../testing/conversation-fixture.ts";
import type { LedgerRow } from "../../spec/history.ts";
import { connections } from "./connections.ts";
import { action, rowOf } from "../testing/history-fixture.ts";
import { freshLoad, keptLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";

describe("connections/in-flight-completes", () => {
  const check = connections["connections/in-flight-completes"];
  const heldAcross = (
    outcome: "ok" | "truncated" | "status-503" | "closed-before-answer-fresh",
    releasedMs = 1_300,
  ) => ({
    row: rowOf({ id: "held", intendedMs: 900, doneMs: 1_310, outcome }),
    door: "front" as const,
    enteredMs: 910,
    releasedMs,
    action: 1,
  });

  it("holds where the request held across the reload completes", () => {
    expect(check(soundReload({ held: [heldAcross("ok")] }))).toMatchObject({ outcome: "held", trials: 1 });
  });

  it("is violated where it is cut", () => {
    const held = [heldAcross("ok"), heldAcross("truncated"), heldAcross("closed-before-answer-fresh")];
    expect(check(soundReload({ held }))).toMatchObject({ outcome: "violated", violations: 2, trials: 3 });
  });

  it("decides nothing where one was held for longer than the target drains, and cut then", () => {
    const held = [
      heldAcross("ok"),
      { ...heldAcross("truncated", 4_000), row: rowOf({ doneMs: 3_050, outcome: "truncated" }) },
    ];
    const run = (drainMs: number) => check(soundReload({ held, target: { drainMs } }));
    expect(run(2_000)).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("drain of 2000 ms") });
    expect(run(3_000)).toMatchObject({ outcome: "violated", violations: 1, trials: 2 });
    // The drain began with the first reload.
    const actions = [action(), action({ index: 2, startedMs: 2_900, generation: 3 })];
    expect(check(soundReload({ held, actions, target: { drainMs: 2_000 } })).outcome).toBe("inconclusive");
  });

  it("is violated by what was released before the drain was over, however late it ends", () => {
    const lost = (outcome: LedgerRow["outcome"], releasedMs: number, by: "gate" | "stream" = "gate") => ({
      ...heldAcross("ok", releasedMs),
      by,
      row: rowOf({ intendedMs: 900, doneMs: 40_900, outcome }),
    });
    const run = (one: ReturnType<typeof lost>) => check(soundReload({ held: [heldAcross("ok"), one] }));
    expect(run(lost("hung", 2_000))).toMatchObject({ outcome: "violated", violations: 1, trials: 2 });
    expect(run(lost("status-504", 2_000)).outcome).toBe("violated");
    expect(run(lost("truncated", 32_000)).outcome).toBe("inconclusive");
    // Left open and never answered, it was not cut, whenever it was released.
    expect(run(lost("hung", 32_000)).outcome).toBe("violated");
    // Nobody holds a stream.
    expect(run(lost("truncated", 2_000, "stream")).outcome).toBe("inconclusive");
    expect(run(lost("hung", 2_000, "stream")).outcome).toBe("violated");
  });

  it("decides nothing if the application did not enter one of them in time", () => {
    const held = [heldAcross("ok"), { ...heldAcross("status-503"), enteredMs: Number.NaN }];
    expect(check(soundReload({ held }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringMatching(/1 of 2 .*status-503/),
    });
    expect(check(soundReload({ held: [...held, heldAcross("truncated")] })).outcome).toBe("violated");
  });

  it("decides nothing if the reload could not be asked for or had no effect, but a cut is a cut", () => {
    const stale = freshLoad(rowsAroundReload((row) => ({ ...row, generation: 1, worker: 100 })));
    const outcomeOf = (outcome: "ok" | "truncated", actions = [action()], loads = [stale]) =>
      check(soundReload({ actions, loads, held: [heldAcross(outcome)] })).outcome;
    expect(outcomeOf("ok")).toBe("inconclusive");
    expect(outcomeOf("ok", [action({ error: "no such process" })], [freshLoad()])).toBe("inconclusive");
    expect(outcomeOf("truncated")).toBe("violated");
  });

  it("decides nothing if a reload went without a request in flight", () => {
    const actions = [action(), action({ index: 2, startedMs: 2_000, generation: 3 })];
    const rows = rowsAroundReload((row) => ({ ...row, generation: (row.intendedMs ?? 0) > 2_200 ? 3 : 2 }));
    expect(check(soundReload({ loads: [freshLoad(rows)], actions, held: [heldAcross("ok")] })).outcome).toBe(
      "inconclusive",
    );
  });

  it("decides nothing if none was in flight at the reload", () => {
    expect(check(soundReload()).outcome).toBe("inconclusive");
    expect(check(soundReload({ held: [heldAcross("ok", 950)] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ held: [{ ...heldAcross("ok"), enteredMs: Number.NaN }] })).outcome).toBe("inconclusive");
  });
});

describe("connections/close-announced", () => {
  const check = connections["connections/close-announced"];

  it("holds where each close was announced", () => {
    const kept = keptLoad(undefined, { closes: { announced: 10, idle: 0 } });
    expect(check(soundReload({ loads: [kept] }))).toMatchObject({ outcome: "held", trials: 140 });
  });

  const ends = ["reset-before-answer-reused", "closed-before-answer-reused", "truncated"] as const;
  it.each(ends)("is violated by %s", (outcome) => {
    const rows = rowsAroundReload((row, index) => ({ ...row, reused: true, ...(index === 51 && { outcome }) }));
    expect(check(soundReload({ loads: [keptLoad(rows)] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated by a close between two requests that nothing announced", () => {
    const kept = keptLoad(undefined, { closes: { announced: 3, idle: 2 } });
    expect(check(soundReload({ loads: [kept] }))).toMatchObject({ outcome: "violated", violations: 2 });
  });

  it("is violated by what ended in a reload though another one could not be asked for", () => {
    const actions = [action(), action({ index: 2, startedMs: 2_500, generation: 3, error: "no such process" })];
    const at = (cut: number) =>
      rowsAroundReload((row, index) => ({
        ...row,
        reused: true,
        ...(index === cut && { outcome: "reset-before-answer-reused" as const }),
      }));
    expect(check(soundReload({ loads: [keptLoad(at(51))], actions })).outcome).toBe("violated");
    expect(check(soundReload({ loads: [keptLoad(at(10))], actions })).outcome).toBe("inconclusive");
  });

  it("decides nothing without reused connections", () => {
    expect(check(soundReload({ loads: [freshLoad()] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ loads: [keptLoad(rowsAroundReload())] })).outcome).toBe("inconclusive");
  });
});

describe("connections/drainers-accept-nothing", () => {
  const check = connections["connections/drainers-accept-nothing"];
  const held = [
    {
      row: rowOf({ id: "held", intendedMs: 900, doneMs: 9_100, worker: 100, generation: 1 }),
      door: "front" as const,
      enteredMs: 910,
      releasedMs: 9_000,
      action: 1,
    },
  ];
  /** Sixty fresh requests from `fromMs` on, answered by the new worker, unless told otherwise. */
  const fresh = (fromMs: number, change: (index: number) => Partial<LedgerRow> = () => ({})) =>
    Array.from({ length: 60 }, (_, index) =>
      exchangeSeen({ id: `f${index}`, intendedMs: fromMs + index, worker: 200, generation: 2, ...change(index) }),
    );
  const old = { worker: 100, generation: 1 };

  it("holds where none is answered by a worker that drains", () => {
    expect(check(soundReload({ held, observations: fresh(1_300) }))).toMatchObject({ outcome: "held", trials: 60 });
  });

  it("holds where an old worker accepted within the settle time, and no more after that", () => {
    const observations = fresh(1_300, (index) => (index < 5 ? old : {}));
    expect(check(soundReload({ held, observations }))).toMatchObject({ outcome: "held", trials: 55 });
  });

  it("does not take a process that took up the new code itself for one that drains", () => {
    const observations = fresh(6_100, () => ({ worker: 100, generation: 2 }));
    expect(check(soundReload({ held, observations }))).toMatchObject({ outcome: "held", trials: 60 });
  });

  it("is violated by an answer of a draining worker after the settle time", () => {
    const observations = fresh(6_100, (index) => (index % 2 === 0 ? old : {}));
    expect(check(soundReload({ held, observations }))).toMatchObject({
      outcome: "violated",
      violations: 30,
      trials: 60,
    });
  });

  it("decides nothing while old workers may not have been told, or without any that is held", () => {
    const observations = fresh(1_300, (index) => (index > 50 ? old : {}));
    expect(check(soundReload({ held, observations })).outcome).toBe("inconclusive");
    expect(check(soundReload({ observations: fresh(1_300) })).outcome).toBe("inconclusive");
    expect(check(soundReload({ held })).outcome).toBe("inconclusive");
    expect(check(soundReload({ held, observations: fresh(1_300), actions: [] })).outcome).toBe("inconclusive");
  });

  it("decides nothing of a worker that was gone, with what it held, before anybody asked", () => {
    const cut = held.map((one) => ({ ...one, row: { ...one.row, outcome: "truncated" as const, doneMs: 1_050 } }));
    expect(check(soundReload({ held: cut, observations: fresh(1_300) }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("while workers drained"),
    });
    expect(check(soundReload({ held: [...cut, ...held], observations: fresh(1_300) })).outcome).toBe("held");
  });

  it("decides nothing where the new code waits for what is held: the next worker is not told before", () => {
    const observations = fresh(6_100, () => old);
    expect(check(soundReload({ held, observations })).outcome).toBe("inconclusive");
  });

  it("is unsupported where only a proxy can be reached", () => {
    const target = { role: "stack" as const };
    expect(check(soundReload({ held, observations: fresh(1_300), target })).outcome).toBe("unsupported");
  });
});
