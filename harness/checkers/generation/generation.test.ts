import { describe, expect, it } from "vitest";
import { generation } from "./generation.ts";
import { action, sample } from "../testing/history-fixture.ts";
import { freshLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";

describe("generation/new-code-serves", () => {
  const check = generation["generation/new-code-serves"];

  it("holds where all answers after the settle time are new", () => {
    expect(check(soundReload())).toMatchObject({ outcome: "held" });
  });

  it("is violated by one stale answer after it settled", () => {
    const rows = rowsAroundReload((row, index) => (index === 120 ? { ...row, generation: 1, worker: 100 } : row));
    expect(check(soundReload({ loads: [freshLoad(rows)] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated by a reload without effect, once the settle time is over", () => {
    const rows = rowsAroundReload((row) => ({ ...row, generation: 1, worker: 100 }));
    const reload = action({ servedMs: undefined, settledMs: undefined, settleDeadlineMs: 2_000 });
    expect(check(soundReload({ loads: [freshLoad(rows)], actions: [reload] })).outcome).toBe("violated");
  });

  it("is not for a service whose answers do not tell their generation", () => {
    const rows = rowsAroundReload((row) => ({ ...row, generation: 0, worker: 0 }));
    const actions = [action({ servedMs: undefined, settledMs: undefined, settleDeadlineMs: 2_000 })];
    expect(check(soundReload({ loads: [freshLoad(rows)], actions })).outcome).toBe("unsupported");
  });

  it("decides nothing by answers that do not tell their generation any more, unless the probe contract asks for it", () => {
    const untold = rowsAroundReload((row, index) => (index === 120 ? { ...row, generation: 0 } : row));
    const run = (rows: typeof untold, capabilities: readonly string[] = []) =>
      check(soundReload({ loads: [freshLoad(rows)], target: { capabilities } }));
    expect(run(untold)).toMatchObject({ outcome: "inconclusive", reason: expect.stringMatching(/^1 of \d+ answers/) });
    expect(run(untold, ["contract"])).toMatchObject({ outcome: "violated", violations: 1 });
    const stale = untold.map((row, index) => (index === 130 ? { ...row, generation: 1, worker: 100 } : row));
    expect(run(stale)).toMatchObject({ outcome: "violated", violations: 1 });
    // Before the reload has settled, an answer may come from either.
    expect(run(rowsAroundReload((row, index) => (index < 60 ? { ...row, generation: 0 } : row))).outcome).toBe("held");
  });

  it("decides nothing without a reload or without answers after it", () => {
    expect(check(soundReload({ actions: [] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ loads: [freshLoad(rowsAroundReload().slice(0, 60))] })).outcome).toBe("inconclusive");
  });

  it("hides nothing of one reload for another that could not be asked for", () => {
    const rows = rowsAroundReload((row, index) => (index === 120 ? { ...row, generation: 1, worker: 100 } : row));
    const actions = [action(), action({ index: 2, startedMs: 2_800, generation: 3, error: "no such process" })];
    expect(check(soundReload({ loads: [freshLoad(rows)], actions }))).toMatchObject({ outcome: "violated" });
    expect(check(soundReload({ actions }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("reload 2 could not be asked for"),
    });
  });
});

describe("generation/every-worker-replaced", () => {
  const check = generation["generation/every-worker-replaced"];

  it("holds where the old processes are gone", () => {
    expect(check(soundReload())).toMatchObject({ outcome: "held", trials: 1 });
  });

  it("is violated by an old process that lives on, and names it", () => {
    const samples = [sample(0, [{ pid: 100 }]), sample(2_000, [{ pid: 100, command: "old worker" }, { pid: 200 }])];
    const finding = check(soundReload({ processes: { samples, cpuSeconds: 0, peakPssBytes: 0 } }));
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toMatch(/pid 100 \(old worker\).*generation 1/);
  });

  // A sample is kept where something changed: the next one after the deadline is of when the old process went.
  it("is violated by an old process that goes long after the settle time", () => {
    const { settleDeadlineMs } = action();
    const unsettled = [action({ settledMs: undefined })];
    const goneAt = (goneMs: number) => {
      const samples = [sample(0, [{ pid: 100 }]), sample(1_050, [{ pid: 100 }, { pid: 200 }])];
      const after = [goneMs, settleDeadlineMs + 3_000].map((atMs) => sample(atMs, [{ pid: 200 }]));
      const processes = { samples: [...samples, ...after], cpuSeconds: 0, peakPssBytes: 0 };
      return check(soundReload({ actions: unsettled, processes })).outcome;
    };
    expect(goneAt(settleDeadlineMs + 1_000)).toBe("violated");
    expect(goneAt(settleDeadlineMs - 10)).toBe("held");
    // One that had gone just before may have been looked for only just after.
    expect(goneAt(settleDeadlineMs + 40)).toBe("held");
  });

  it("counts each process once, however many reloads it was older than", () => {
    const rows = rowsAroundReload((row) => {
      const generation = (row.intendedMs ?? 0) > 2_200 ? 3 : (row.intendedMs ?? 0) > 1_200 ? 2 : 1;
      return { ...row, generation, worker: 100 * generation };
    });
    const run = (last: readonly number[]) =>
      check(
        soundReload({
          loads: [freshLoad(rows)],
          actions: [action(), action({ index: 2, startedMs: 2_000, generation: 3 })],
          processes: {
            samples: [[100], [100, 200], last, last].map((pids, at) =>
              sample(
                at * 1_000,
                pids.map((pid) => ({ pid })),
              ),
            ),
            cpuSeconds: 0,
            peakPssBytes: 0,
          },
        }),
      );
    expect(run([200, 300])).toMatchObject({ outcome: "violated", trials: 2, violations: 1 });
    expect(run([100, 300])).toMatchObject({ outcome: "violated", trials: 2, violations: 1 });
  });

  it("leaves out a process that took up the new code itself", () => {
    const rows = rowsAroundReload((row) => ({ ...row, worker: 100 }));
    const samples = [sample(0, [{ pid: 100 }]), sample(2_000, [{ pid: 100 }])];
    const parts = { loads: [freshLoad(rows)], processes: { samples, cpuSeconds: 0, peakPssBytes: 0 } };
    expect(check(soundReload(parts)).outcome).toBe("inconclusive");
  });

  it("decides nothing if the processes that answers name were never seen, as in a namespace of their own", () => {
    const samples = [sample(0, [{ pid: 7_100 }]), sample(2_000, [{ pid: 7_200 }])];
    expect(check(soundReload({ processes: { samples, cpuSeconds: 0, peakPssBytes: 0 } }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("process table"),
    });
  });

  it("decides nothing if the process table was not read after the reload", () => {
    const samples = [sample(0, [{ pid: 100 }])];
    expect(check(soundReload({ processes: { samples, cpuSeconds: 0, peakPssBytes: 0 } })).outcome).toBe("inconclusive");
  });
});
