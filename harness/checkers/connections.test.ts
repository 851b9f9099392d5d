import { describe, expect, it } from "vitest";
import { connections } from "./connections.ts";
import { rowOf } from "./history-fixture.ts";
import { freshLoad, keptLoad, rowsAroundReload, soundReload } from "./reload-fixture.ts";

describe("connections/in-flight-completes", () => {
  const check = connections["connections/in-flight-completes"];
  const heldAcross = (outcome: "ok" | "truncated" | "closed-before-answer-fresh", releasedMs = 1_300) => ({
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

  it.each(["reset-before-answer-reused", "closed-before-answer-reused"] as const)("is violated by %s", (outcome) => {
    const rows = rowsAroundReload((row, index) => ({ ...row, reused: true, ...(index === 51 && { outcome }) }));
    expect(check(soundReload({ loads: [keptLoad(rows)] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated by a close between two requests that nothing announced", () => {
    const kept = keptLoad(undefined, { closes: { announced: 3, idle: 2 } });
    expect(check(soundReload({ loads: [kept] }))).toMatchObject({ outcome: "violated", violations: 2 });
  });

  it("decides nothing without reused connections", () => {
    expect(check(soundReload({ loads: [freshLoad()] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ loads: [keptLoad(rowsAroundReload())] })).outcome).toBe("inconclusive");
  });
});
