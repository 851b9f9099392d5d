import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import {
  action,
  burst,
  history,
  load,
  requestLogOf,
  rowOf,
  snapshot,
  writer,
} from "./checkers/testing/history-fixture.ts";
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

  it("does not take the speed of a refusal for that of an answer", () => {
    const rows = rowsAroundReload((row, index) => (index === 55 ? { ...row, outcome: "refused" } : row));
    expect(metricsOf(soundReload({ loads: [freshLoad(rows)] })).latency.during.count).toBe(25);
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

  it("counts what was under way during a reload, and what of it was lost", () => {
    const rows = rowsAroundReload((row, index) => ({
      ...row,
      ...([10, 60, 61].includes(index) && { outcome: "refused" }),
    }));
    const { loads } = metricsOf(soundReload({ loads: [freshLoad(rows), keptLoad(undefined, { reconnects: 7 })] }));
    expect(loads).toMatchObject([
      { lost: 3, duringReloads: { intended: 26, lost: 2 }, sessions: 0, reconnects: 0 },
      { lost: 0, duringReloads: { intended: 26, lost: 0 }, sessions: 3, reconnects: 7 },
    ]);
  });

  it("does not count what the suite itself did not send", () => {
    const rows = rowsAroundReload((row, index) => ({ ...row, ...(index === 60 && { outcome: "unsent" }) }));
    const [metrics] = metricsOf(soundReload({ loads: [freshLoad(rows)] })).loads;
    expect(metrics?.duringReloads).toEqual({ intended: 25, lost: 0 });
  });

  it.each([
    [
      "a signal long before",
      { observations: [{ kind: "signal", name: "x", atMs: 200, pid: 1, signal: "KILL", delivered: true }] },
    ],
    [
      "another signal",
      { observations: [{ kind: "signal", name: "x", atMs: 1_200, pid: 1, signal: "KILL", delivered: true }] },
    ],
    ["a release that fails", { actions: [action(), action({ index: 2, startedMs: 1_400, release: "fail" })] }],
    ["another action", { actions: [action(), action({ kind: "removeWorker", startedMs: 1_100 })] }],
    ["a reload that could not be asked for", { actions: [action({ error: "no such process" })] }],
  ] as const)("leaves reloads out that were disturbed by %s", (_, parts) => {
    const { loads } = metricsOf(soundReload({ loads: [freshLoad()], ...parts }));
    expect(loads[0]?.duringReloads).toEqual({ intended: 0, lost: 0 });
  });

  it("tells reloads across which a request was held", () => {
    const held = [{ row: rowOf(), door: "front", enteredMs: 900, releasedMs: 1_300, action: 1 }] as const;
    expect(metricsOf(soundReload({ held })).reloads).toMatchObject([{ held: 1 }]);
    expect(metricsOf(soundReload()).reloads).toMatchObject([{ held: 0 }]);
  });
});

describe("lost log records", () => {
  const asked = burst("b", { requests: 4, records: 100, bytes: 500 });
  const kept = { name: "b", writers: [writer({ last: 399, records: 400 })], requests: requestLogOf([asked]) };

  it("are none in a log that has all", () => {
    const { log } = metricsOf(history({ bursts: [asked], logs: [snapshot(kept)] }));
    expect(log).toMatchObject({ expected: 400, lost: 0 });
  });

  it("are what answered requests lack, or gaps in sequences, whichever is more", () => {
    const lacking = { ...kept, requests: requestLogOf([asked], { "b-1": { records: 90 }, "b-2": { records: 105 } }) };
    const gap = [writer({ last: 399, records: 385, missing: [7], missingCount: 15 })];
    expect(metricsOf(history({ bursts: [asked], logs: [snapshot(lacking)] })).log).toMatchObject({ lost: 10 });
    const both = history({ bursts: [asked], logs: [snapshot({ ...lacking, writers: gap })] });
    expect(metricsOf(both).log).toMatchObject({ expected: 400, lost: 15 });
  });

  it("are not looked for in a log that somebody took away, and without bursts only in sequences", () => {
    const lacking = snapshot({ ...kept, requests: requestLogOf([asked], { "b-1": { records: 0 } }) });
    const tampering = {
      kind: "tampering",
      name: "t",
      what: "disk-filled",
      startedMs: 1,
      endedMs: 2,
      files: [],
    } as const;
    const away = history({ bursts: [asked], logs: [lacking], observations: [tampering] });
    expect(metricsOf(away).log).toMatchObject({ expected: 0, lost: 0 });
    expect(metricsOf(history({ logs: [snapshot()] })).log).toMatchObject({ expected: 2_000, lost: 0 });
  });
});
