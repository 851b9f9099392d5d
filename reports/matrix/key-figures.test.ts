import { describe, expect, it } from "vitest";
import { quantiles, target, verdict } from "../sample-record.ts";
import { keyFiguresOf } from "./key-figures.ts";
import { measured } from "./sample-runs.ts";

const figuresOf = (...parts: Parameters<typeof measured>[0][]) =>
  keyFiguresOf(target({ scenarios: parts.map(measured) }));

describe("key figures", () => {
  it("sum losses during reloads over all scenarios, fresh and kept alive apart", () => {
    const figures = figuresOf(
      {
        loads: [
          { duringReloads: { intended: 900, lost: 0 } },
          { connections: "kept-alive", duringReloads: { intended: 500, lost: 5 } },
        ],
      },
      { loads: [{ duringReloads: { intended: 100, lost: 0 }, lost: 77 }] },
    );
    expect(figures.fresh).toEqual({ expected: 1_000, lost: 0, bound95: 0.003 });
    expect(figures.keptAlive).toMatchObject({ expected: 500, lost: 5 });
    expect(figures.keptAlive.bound95).toBeCloseTo(0.0232, 3);
  });

  it("say that nothing was tried where nothing was", () => {
    expect(keyFiguresOf(target({ scenarios: [] }))).toEqual({
      fresh: { expected: 0, lost: 0, bound95: 1 },
      keptAlive: { expected: 0, lost: 0, bound95: 1 },
      reloadMs: null,
      p99: null,
      reconnects: null,
      logRecords: { expected: 0, lost: 0, bound95: 1 },
    });
  });

  it("take the median of the reloads across which nothing was held, and whose end was seen", () => {
    const { reloadMs } = figuresOf(
      { reloads: [{ settledMs: 100 }, { settledMs: 5_000, held: 1 }, { settledMs: null }] },
      { reloads: [{ settledMs: 300 }, { settledMs: 200 }] },
    );
    expect(reloadMs).toEqual({ median: 200, count: 3 });
    expect(figuresOf({ reloads: [{ held: 1 }] }).reloadMs).toBeNull();
  });

  it("take p99 from the scenario with the median ratio, of enough answers only", () => {
    const latency = (before: number, during: number, count = 200) => ({
      latency: {
        before: quantiles({ count, p99: before }),
        during: quantiles({ count, p99: during }),
        after: quantiles(),
      },
    });
    expect(figuresOf(latency(10, 90), latency(10, 20), latency(5, 25), latency(1, 100, 99)).p99).toEqual({
      ratio: 5,
      beforeMs: 5,
      duringMs: 25,
      scenarios: 3,
    });
    expect(figuresOf(latency(1, 100, 99)).p99).toBeNull();
  });

  it("count reconnects per reload and connection, where connections were kept alive during reloads", () => {
    const kept = { connections: "kept-alive", sessions: 10 };
    const { reconnects } = figuresOf(
      { loads: [{ ...kept, reconnects: 30 }, { ...kept, reconnects: 20 }, { reconnects: 0 }], reloads: [{}, {}, {}] },
      { loads: [{ ...kept, reconnects: 99, duringReloads: { intended: 0, lost: 0 } }] },
      { loads: [{ ...kept, reconnects: 10 }], reloads: [] },
    );
    expect(reconnects).toEqual({ perConnection: 50 / 60, reloads: 3 });
  });

  it("sum lost log records", () => {
    expect(
      figuresOf({ log: { expected: 1_000, lost: 3 } }, { log: { expected: 2_000, lost: 0 } }).logRecords,
    ).toMatchObject({
      expected: 3_000,
      lost: 3,
    });
  });

  it("leave out scenarios in which nothing could be decided: what was lost there was not lost by a reload", () => {
    const doubtful = { ...measured({ loads: [{ duringReloads: { intended: 100, lost: 100 } }] }), site: "doubtful" };
    const sound = measured({ loads: [{ duringReloads: { intended: 100, lost: 1 } }] });
    const verdicts = [
      verdict(),
      verdict({ verdict: "inconclusive" }),
      verdict({ site: "doubtful", verdict: "inconclusive" }),
      verdict({ site: "doubtful", verdict: "unsupported" }),
    ];
    expect(keyFiguresOf(target({ scenarios: [sound, doubtful], verdicts })).fresh).toMatchObject({
      expected: 100,
      lost: 1,
    });
  });
});
