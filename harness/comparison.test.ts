import { describe, expect, it } from "vitest";
import { compareRuns, median, orderOf, renderComparison } from "./comparison.ts";
import { NO_METRICS } from "./metrics.ts";
import type { RunRecord } from "./spec/run-record.ts";

function run(lost: number, settledMs: number | null): RunRecord {
  const metrics = {
    ...NO_METRICS,
    cpuSeconds: 2,
    loads: [
      {
        name: "fresh",
        door: "front",
        connections: "fresh",
        intended: 100,
        tally: {},
        lost,
        bound95: 0,
        duringReloads: { intended: 0, lost: 0 },
        sessions: 0,
        reconnects: 0,
        latenessP99Ms: 0,
        latencyHdr: "",
      },
    ],
    reloads: [{ index: 1, firstNewMs: 50, lastOldMs: 60, settledMs, timeline: { bucketMs: 25, good: [], bad: [] } }],
  };
  return { targets: [{ scenarios: [{ metrics }] }] } as unknown as RunRecord;
}

describe("comparison", () => {
  it("sums losses and takes medians of figures", () => {
    const [row] = compareRuns(new Map([["rolling", [run(0, 100), run(3, 300), run(0, null)]]]));
    expect(row).toMatchObject({
      subject: "rolling",
      requests: 300,
      lost: 3,
      settledMs: 200,
      firstNewMs: 50,
      cpuSeconds: 2,
    });
    expect(row?.bound95).toBeGreaterThan(0.01);
  });

  it("refuses a run that measured nothing", () => {
    const empty = { targets: [] } as unknown as RunRecord;
    expect(() => compareRuns(new Map([["rolling", [empty]]]))).toThrow(/rolling: expected a run with load/);
  });

  it("knows the median of odd, even and no values", () => {
    expect([median([3, 1, 2]), median([1, 2, 3, 4]), median([]), median([null, 7])]).toEqual([2, 2.5, null, 7]);
  });

  it("turns the order from round to round", () => {
    expect([0, 1, 2, 3].map((round) => orderOf(["a", "b", "c"], round).join(""))).toEqual(["abc", "bca", "cab", "abc"]);
  });

  it("renders what was never seen as a dash", () => {
    expect(renderComparison(compareRuns(new Map([["restart", [run(1, null)]]])))).toMatch(/\| restart +\| 100 .*\| - /);
  });
});
