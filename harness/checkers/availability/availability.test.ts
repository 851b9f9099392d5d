import { describe, expect, it } from "vitest";
import { availability } from "./availability.ts";
import { action, history, load } from "../testing/history-fixture.ts";
import { freshLoad, keptLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";

describe("availability/reload-loses-nothing", () => {
  const check = availability["availability/reload-loses-nothing"];

  it("holds where every request was answered", () => {
    expect(check(soundReload())).toMatchObject({ outcome: "held", trials: 160 });
  });

  it("is violated by what a client lost that keeps connections alive, on one that it had just opened", () => {
    const rows = rowsAroundReload((row, index) =>
      index === 60 ? { ...row, outcome: "reset-before-answer-fresh" } : { ...row, reused: index >= 10 },
    );
    expect(check(soundReload({ loads: [freshLoad(), keptLoad(rows)] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      trials: 161,
    });
  });

  it("is violated by a single refused request, and says which one and when", () => {
    const rows = rowsAroundReload((row, index) => (index === 52 ? { ...row, outcome: "refused", worker: 0 } : row));
    const finding = check(soundReload({ loads: [freshLoad(rows)] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1, trials: 150 });
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toMatch(/r52.*refused.*\+40\.0 ms to reload 1/);
  });

  it.each(["status-502", "truncated", "hung", "closed-before-answer-fresh", "wrong-answer"] as const)(
    "is violated by %s",
    (outcome) => {
      const rows = rowsAroundReload((row, index) => (index === 60 ? { ...row, outcome } : row));
      expect(check(soundReload({ loads: [freshLoad(rows)] })).outcome).toBe("violated");
    },
  );

  it("leaves reused connections to the rules on connections", () => {
    const rows = rowsAroundReload((row, index) =>
      index === 60 ? { ...row, reused: true, outcome: "reset-before-answer-reused" } : row,
    );
    expect(check(soundReload({ loads: [freshLoad(), keptLoad(rows)] })).outcome).toBe("held");
  });

  it("decides nothing if all that was lost was lost before any reload", () => {
    const rows = rowsAroundReload((row, index) => (index === 5 ? { ...row, outcome: "refused" } : row));
    expect(check(soundReload({ loads: [freshLoad(rows)] }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("before any reload"),
    });
  });

  it("decides nothing without a reload", () => {
    expect(check(soundReload({ actions: [] })).outcome).toBe("inconclusive");
  });

  it("decides nothing if the new generation never answered", () => {
    const rows = rowsAroundReload((row) => ({ ...row, generation: 1, worker: 100 }));
    expect(check(soundReload({ loads: [freshLoad(rows)] }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("no effect"),
    });
  });

  it("is violated by a server that dies of the reload: it never serves the new code, and the next signal finds nobody", () => {
    const rows = rowsAroundReload((row) =>
      (row.intendedMs ?? 0) > 1_000 ? { ...row, outcome: "refused", worker: 0, generation: 0 } : row,
    );
    const dead = action({ servedMs: undefined, settledMs: undefined });
    const second = action({ index: 2, startedMs: 2_900, generation: 3, servedMs: undefined, error: "it is gone" });
    const finding = check(soundReload({ loads: [freshLoad(rows)], actions: [dead, second] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 99 });
    expect(check(soundReload({ loads: [freshLoad(rows)], actions: [action({ error: "gone" })] })).outcome).toBe(
      "inconclusive",
    );
  });

  it("decides nothing if the load did not overlap the reload", () => {
    const before = freshLoad(rowsAroundReload().slice(0, 40));
    const after = keptLoad(rowsAroundReload().slice(100));
    expect(check(soundReload({ loads: [before, after] })).outcome).toBe("inconclusive");
  });

  it("decides nothing if the signal could not be sent", () => {
    expect(check(soundReload({ actions: [action({ error: "no such process" })] })).outcome).toBe("inconclusive");
  });
});

describe("availability/ab-ten-thousand", () => {
  const check = availability["availability/ab-ten-thousand"];
  const rows = Array.from({ length: 10_000 }, (_, index) => ({ intendedMs: index, generation: index > 1_100 ? 2 : 1 }));
  const ab = (changed = rows) => load(changed, { name: "ab-front", mode: "closed-loop" });

  it("holds where all 10,000 complete", () => {
    expect(check(history({ loads: [ab()], actions: [action()] }))).toMatchObject({ outcome: "held", trials: 10_000 });
  });

  it("is violated by one that does not", () => {
    const broken = rows.map((row, index) => (index === 1_050 ? { ...row, outcome: "truncated" as const } : row));
    expect(check(history({ loads: [ab(broken)], actions: [action()] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
  });

  it("decides nothing with fewer requests, or with a reload outside them", () => {
    expect(check(history({ loads: [ab(rows.slice(0, 9_999))], actions: [action()] })).outcome).toBe("inconclusive");
    expect(check(history({ loads: [ab()], actions: [action({ startedMs: 20_000 })] })).outcome).toBe("inconclusive");
    expect(check(history({ loads: [], actions: [action()] })).outcome).toBe("inconclusive");
  });

  it("decides nothing if the reload could not be asked for or had no effect", () => {
    const stale = rows.map((row) => ({ ...row, generation: 1 }));
    expect(check(history({ loads: [ab()], actions: [action({ error: "no such process" })] })).outcome).toBe(
      "inconclusive",
    );
    expect(check(history({ loads: [ab(stale)], actions: [action({ servedMs: undefined })] }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("no effect"),
    });
  });

  it("decides nothing for a load that was over before the new code served", () => {
    const stale = rows.map((row) => ({ ...row, generation: 1 }));
    expect(check(history({ loads: [ab(stale)], actions: [action({ servedMs: 12_000 })] }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("before generation 2 served"),
    });
  });
});

/** What the load knows of its own lateness: that it came, and not when. */
const lateLoad = (rows: ReturnType<typeof rowsAroundReload>) =>
  freshLoad(rows, { lateness: { count: rows.length, p50: 0, p90: 1, p99: 80, p999: 900, max: 900 } });

describe("availability/old-serves-until-new-ready", () => {
  const check = availability["availability/old-serves-until-new-ready"];
  const slow = [action({ bootDelayMs: 800, servedMs: 1_900, settledMs: 2_100 })];

  it("holds where the old workers answer while the new ones boot", () => {
    const rows = rowsAroundReload((row) =>
      (row.intendedMs ?? 0) <= 1_850 ? { ...row, generation: 1, worker: 100 } : row,
    );
    expect(check(soundReload({ loads: [freshLoad(rows)], actions: slow })).outcome).toBe("held");
  });

  it("decides nothing of a boot that never came to its end: the reload was swallowed, and the next one is quicker", () => {
    const rows = rowsAroundReload((row) =>
      (row.intendedMs ?? 0) <= 1_550 ? { ...row, generation: 1, worker: 100 } : { ...row, generation: 3, worker: 300 },
    );
    const quick = action({ index: 2, startedMs: 1_500, generation: 3, servedMs: 1_600, settledMs: 1_700 });
    const swallowed = action({ bootDelayMs: 800, servedMs: 1_600, settledMs: 1_700 });
    expect(check(soundReload({ loads: [freshLoad(rows)], actions: [swallowed, quick] }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("no answer ever came from generation 2"),
    });
  });

  it("is violated by a gap as long as the boot, even if every request is answered in the end", () => {
    const rows = rowsAroundReload((row) => {
      const intendedMs = row.intendedMs ?? 0;
      return intendedMs >= 1_000 && intendedMs < 1_850 ? { ...row, doneMs: 1_860, generation: 2 } : row;
    });
    const finding = check(soundReload({ loads: [freshLoad(rows)], actions: slow }));
    expect(finding.outcome).toBe("violated");
    expect(finding.outcome === "violated" && finding.evidence.length).toBeGreaterThan(0);
  });

  it("is violated by the gap of a server that drains first, and boots long after it was asked to reload", () => {
    const rows = rowsAroundReload((row) => {
      const intendedMs = row.intendedMs ?? 0;
      if (intendedMs <= 1_900) return { ...row, generation: 1, worker: 100 };
      return intendedMs < 2_700 ? { ...row, outcome: "refused", generation: 0, worker: 0 } : row;
    });
    const late = [action({ bootDelayMs: 800, servedMs: 2_750, settledMs: 2_800 })];
    expect(check(soundReload({ loads: [freshLoad(rows)], actions: late })).outcome).toBe("violated");
  });

  it("decides nothing about a gap that the generator's own pause explains", () => {
    const rows = rowsAroundReload((row) => {
      const intendedMs = row.intendedMs ?? 0;
      return intendedMs >= 1_100 && intendedMs < 1_550 ? { ...row, doneMs: 1_560, generation: 1 } : row;
    });
    const paused = (fromMs: number, toMs: number) =>
      check(soundReload({ loads: [lateLoad(rows)], actions: slow, pauses: [{ fromMs, toMs }] }));
    expect(paused(1_110, 1_550)).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("the suite itself paused for 440 ms"),
    });
    expect(paused(1_530, 1_550).outcome).toBe("violated");
    expect(paused(100, 1_050).outcome).toBe("violated");
  });

  it("decides by the slow reload, whatever became of another one", () => {
    const rows = rowsAroundReload((row) => {
      const intendedMs = row.intendedMs ?? 0;
      return intendedMs >= 1_000 && intendedMs < 1_850 ? { ...row, doneMs: 1_860, generation: 2 } : row;
    });
    const unasked = action({
      index: 2,
      startedMs: 2_500,
      generation: 3,
      servedMs: undefined,
      error: "no such process",
    });
    const actions = [...slow, unasked];
    expect(check(soundReload({ loads: [freshLoad(rows)], actions })).outcome).toBe("violated");
    expect(check(soundReload({ actions })).outcome).toBe("held");
  });

  it("decides nothing if no release was slow to boot", () => {
    expect(check(soundReload()).outcome).toBe("inconclusive");
  });
});

describe("availability/stall-bounded", () => {
  const check = availability["availability/stall-bounded"];

  it("holds within the budget", () => {
    expect(check(soundReload()).outcome).toBe("held");
  });

  it("is violated by one answer later than the longest stall allowed", () => {
    const rows = rowsAroundReload((row, index) => (index === 55 ? { ...row, doneMs: 1_100 + 1_001 } : row));
    expect(check(soundReload({ loads: [freshLoad(rows)] })).outcome).toBe("violated");
  });

  it("is violated by a time in which nobody was served, however quickly they were refused", () => {
    const rows = rowsAroundReload((row, index) => (index > 50 && index < 110 ? { ...row, outcome: "refused" } : row));
    const finding = check(soundReload({ loads: [freshLoad(rows)], actions: [action({ settledMs: 2_400 })] }));
    expect(finding).toMatchObject({
      outcome: "violated",
      observed: expect.stringMatching(/without a good answer 1\d{3}/),
    });
  });

  it("is violated by a request that nobody answered on a connection kept alive, while others were served", () => {
    const rows = rowsAroundReload((row, index) =>
      index === 55 ? { ...row, reused: true, outcome: "hung", doneMs: 16_100 } : { ...row, reused: index >= 10 },
    );
    const hung = { loads: [freshLoad(), keptLoad(rows)] };
    expect(check(soundReload(hung))).toMatchObject({
      outcome: "violated",
      violations: 1,
      observed: expect.stringContaining("longest 15000.0 ms"),
    });
    // So short a pause does not explain so long a wait.
    expect(check(soundReload({ ...hung, pauses: [{ fromMs: 1_200, toMs: 1_500 }] })).outcome).toBe("violated");
  });

  it("decides nothing of a stall on a machine that kept the generator itself waiting", () => {
    const rows = rowsAroundReload((row, index) => (index === 55 ? { ...row, doneMs: 1_100 + 1_001 } : row));
    const paused = (fromMs: number, toMs: number, p99Ms = 500) =>
      check(
        soundReload({
          loads: [lateLoad(rows)],
          pauses: [{ fromMs, toMs }],
          target: { budget: { stallMs: 1_000, p99Ms } },
        }),
      );
    expect(paused(1_200, 1_500)).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("the suite itself paused for 300 ms"),
    });
    expect(paused(100, 1_050).outcome).toBe("violated");
    expect(paused(2_200, 2_900).outcome).toBe("violated");
    // Without so little it had been within the budget.
    expect(paused(1_200, 1_260, 2_000).outcome).toBe("inconclusive");
  });

  it("decides nothing of the p99 of reloads during which the generator was kept waiting", () => {
    const rows = rowsAroundReload((row, index) =>
      index > 50 && index < 60 ? { ...row, doneMs: (row.intendedMs ?? 0) + 600 } : row,
    );
    const paused = (fromMs: number, toMs: number) =>
      check(soundReload({ loads: [lateLoad(rows)], pauses: [{ fromMs, toMs }] })).outcome;
    expect(paused(1_000, 1_300)).toBe("inconclusive");
    expect(paused(500, 990)).toBe("violated");
  });

  it("does not count what was slow outside the reload", () => {
    const rows = rowsAroundReload((row, index) => (index === 140 ? { ...row, doneMs: 2_800 + 1_500 } : row));
    expect(check(soundReload({ loads: [freshLoad(rows)] })).outcome).toBe("held");
  });
});
