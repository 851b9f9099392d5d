import { describe, expect, it } from "vitest";
import { load } from "../testing/history-fixture.ts";
import { reloadLoop } from "./reload-loop.ts";
import { loopReloads, loopRows, soundLoop } from "../testing/reload-loop-fixture.ts";

describe("availability/reload-loop-loses-nothing", () => {
  const check = reloadLoop["availability/reload-loop-loses-nothing"];

  it("holds where nothing was lost, and says for each class how much that is worth", () => {
    const finding = check(soundLoop());
    expect(finding).toMatchObject({ outcome: "held" });
    expect(finding.outcome === "held" && finding.trials).toBeGreaterThan(4_603);
    expect(finding.outcome === "held" && finding.observed).toMatch(
      /33 reloads, one every 400 ms; .*fresh GET 0 of \d+ lost \(below 0\.\d+ %\), fresh POST 0 of .*reused GET.*reused POST.*1 in 1000 .* 99\.\d %/,
    );
  });

  it.each(["reset-before-answer-fresh", "wrong-answer", "status-503"] as const)("is violated by one %s", (outcome) => {
    const rows = loopRows(2, (row, index) => (index === 3_000 ? { ...row, outcome } : row));
    const finding = check(soundLoop({ loads: [load(rows)] }));
    expect(finding).toMatchObject({
      outcome: "violated",
      violations: 1,
      observed: expect.stringContaining(`(1 ${outcome})`),
    });
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toMatch(/r3000.*to reload 13/);
  });

  it("has as trials the requests that it speaks of, and none on reused connections", () => {
    const rows = loopRows(2, (row, index) => (index === 3_000 ? { ...row, outcome: "refused" } : row));
    const reused = load(loopRows(10, (row) => ({ ...row, reused: true })));
    expect(check(soundLoop({ loads: [load(rows), reused] }))).toMatchObject({ violations: 1, trials: rows.length });
  });

  it("decides nothing if all that was lost was lost before any reload", () => {
    const rows = loopRows(2, (row, index) => (index === 5 ? { ...row, outcome: "refused" } : row));
    expect(check(soundLoop({ loads: [load(rows)] }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("before any reload"),
    });
  });

  it("counts what is lost on reused connections, and leaves it to the rules on connections", () => {
    const rows = loopRows(10, (row, index) => ({
      ...row,
      reused: true,
      ...(index === 500 && { outcome: "reset-before-answer-reused" }),
    }));
    expect(check(soundLoop({ loads: [load(loopRows()), load(rows)] }))).toMatchObject({
      outcome: "held",
      observed: expect.stringMatching(/reused GET 1 of/),
    });
  });

  it("decides nothing with too few requests for a rare loss to show", () => {
    expect(check(soundLoop({ loads: [load(loopRows(5))] }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("too few requests"),
    });
  });

  it("decides nothing without a loop, without effect, or if one could not be asked for", () => {
    expect(check(soundLoop({ actions: [] })).outcome).toBe("inconclusive");
    expect(check(soundLoop({ actions: loopReloads.slice(0, 10) })).outcome).toBe("inconclusive");
    const stale = loopRows(2, (row) => ({ ...row, generation: 1 }));
    expect(check(soundLoop({ loads: [load(stale)] })).outcome).toBe("inconclusive");
    const [first, ...rest] = loopReloads;
    expect(
      check(soundLoop({ actions: [{ ...first, error: "no such process" } as typeof first & object, ...rest] })).outcome,
    ).toBe("inconclusive");
  });
});
