import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import { action, history, load } from "./checkers/testing/history-fixture.ts";
import { freshLoad, keptLoad, rowsAroundReload, soundReload } from "./checkers/testing/reload-fixture.ts";
import { metricsOf } from "./metrics.ts";

describe("metrics", () => {
  it("counts losses with their bound", () => {
    const rows = rowsAroundReload((row, index) => (index < 3 ? { ...row, outcome: "refused" } : row));
    const [fresh, kept] = metricsOf(soundReload({ loads: [freshLoad(rows), keptLoad()] })).loads;
    expect(fresh).toMatchObject({ intended: 150, lost: 3, tally: { ok: 147, refused: 3 } });
    expect(kept).toMatchObject({ lost: 0, bound95: 0.02 });
  });

  it("tells latency before, during and after the reloads", () => {
    const { latency } = metricsOf(soundReload({ loads: [freshLoad()] }));
    expect([latency.before.count, latency.during.count, latency.after.count]).toEqual([50, 26, 74]);
  });

  it("finds the first new and the last old answer, from the signal", () => {
    const [reload] = metricsOf(soundReload({ loads: [freshLoad()] })).reloads;
    expect(reload).toMatchObject({ index: 1, firstNewMs: 221, lastOldMs: 201, settledMs: 500 });
    expect(reload?.timeline.good.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });

  it("leaves open what was never seen", () => {
    const { reloads } = metricsOf(history({ loads: [load([{}])], actions: [action({ settledMs: undefined })] }));
    expect(reloads[0]).toMatchObject({ firstNewMs: null, lastOldMs: null, settledMs: null });
  });

  it("exports histograms that others can read", () => {
    const [metrics] = metricsOf(soundReload({ loads: [freshLoad()] })).loads;
    expect(decodeFromCompressedBase64(metrics?.latencyHdr ?? "").totalCount).toBe(150);
  });
});
