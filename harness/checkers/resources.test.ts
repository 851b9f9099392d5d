import { describe, expect, it } from "vitest";
import { action, sample } from "./history-fixture.ts";
import { freshLoad, rowsAroundReload, soundReload } from "./reload-fixture.ts";
import { resources } from "./resources.ts";

describe("resources/no-zombies", () => {
  const check = resources["resources/no-zombies"];
  const base = sample(0, [{ pid: 1 }, { pid: 100 }]);
  const withSamples = (...samples: ReturnType<typeof sample>[]) =>
    soundReload({ processes: { samples, cpuSeconds: 0, peakPssBytes: 0 } });

  it("holds where the count is back at its base", () => {
    expect(check(soundReload())).toMatchObject({ outcome: "held" });
  });

  it("is violated by a zombie", () => {
    const finding = check(withSamples(base, sample(9_000, [{ pid: 1 }, { pid: 100, state: "Z" }])));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated by one process more than before, and names it", () => {
    const finding = check(
      withSamples(base, sample(9_000, [{ pid: 1 }, { pid: 200 }, { pid: 201, command: "left over" }])),
    );
    expect(finding.outcome === "violated" && finding.evidence.map(({ text }) => text).join()).toContain("left over");
  });

  it("decides nothing if the reload had no effect or could not be asked for", () => {
    const stale = freshLoad(rowsAroundReload((row) => ({ ...row, generation: 1, worker: 100 })));
    const samples = [base, sample(9_000, [{ pid: 1 }, { pid: 100 }])];
    const actions = [action({ servedMs: undefined, settledMs: undefined })];
    const idle = { loads: [stale], actions, processes: { samples, cpuSeconds: 0, peakPssBytes: 0 } };
    expect(check(soundReload(idle))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("no effect"),
    });
    expect(check(soundReload({ actions: [action({ error: "no such process" })] })).outcome).toBe("inconclusive");
  });

  it("decides nothing without a reload or without a look after it", () => {
    expect(check(soundReload({ actions: [] })).outcome).toBe("inconclusive");
    expect(check(withSamples(base)).outcome).toBe("inconclusive");
  });
});
