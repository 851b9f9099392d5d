import { describe, expect, it } from "vitest";
import type { Observation } from "../../spec/observation.ts";
import { action, history, type HistoryParts, load } from "../testing/history-fixture.ts";
import { lifecycle } from "./lifecycle.ts";

const check = lifecycle["lifecycle/upgrade-in-place"];

const episode = (name: string, startedMs: number, endedMs: number): Observation => ({
  kind: "episode",
  name,
  startedMs,
  endedMs,
});
const look = (name: string, atMs: number, mainPid: number, ...pids: number[]): Observation => ({
  kind: "processes",
  name,
  atMs,
  mainPid,
  processes: pids.map((pid) => ({ pid, ppid: 1, group: 1, startTicks: 1_000, command: "main" })),
});
const before = look("before-upgrade", 800, 10, 10);
const rolledBack = look("after-rollback", 2_000, 10, 10);
const after = look("after-upgrade", 4_000, 11, 11);
const asked = (parts: Parameters<typeof action>[0]) => action({ kind: "upgrade", ...parts });

const upgraded = (parts: HistoryParts & { readonly looks?: readonly Observation[] } = {}) => {
  const { looks = [before, rolledBack, after], ...rest } = parts;
  return history({
    loads: [load(Array.from({ length: 200 }, (_, index) => ({ intendedMs: index * 20 })))],
    actions: [
      action({ startedMs: 1_000, release: "fail", servedMs: undefined }),
      asked({ startedMs: 1_000 }),
      action({ index: 2, startedMs: 2_500, generation: 3, servedMs: 3_000 }),
      asked({ index: 2, startedMs: 2_500 }),
    ],
    observations: [...looks, episode("rollback", 900, 2_001), episode("upgrade", 2_400, 4_001)],
    ...rest,
  });
};

describe("lifecycle/upgrade-in-place", () => {
  it("holds where a successor, or the same process anew, is in charge and nothing was lost", () => {
    expect(check(upgraded())).toMatchObject({ outcome: "held" });
    expect(check(upgraded({ looks: [before, rolledBack, look("after-upgrade", 4_000, 10, 10)] })).outcome).toBe("held");
  });

  it("is violated by a lost request", () => {
    const loads = [load([{ intendedMs: 2_600, outcome: "refused" }, { intendedMs: 2_700 }])];
    expect(check(upgraded({ loads }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated where both main processes stay, and where a failed successor is left or put in charge", () => {
    const two = [before, rolledBack, look("after-upgrade", 4_000, 11, 10, 11)];
    expect(check(upgraded({ looks: two }))).toMatchObject({ outcome: "violated", violations: 2 });
    const left = [before, look("after-rollback", 2_000, 10, 10, 12), after];
    expect(check(upgraded({ looks: left }))).toMatchObject({ outcome: "violated", violations: 1 });
    const inCharge = [before, look("after-rollback", 2_000, 12, 12), after];
    expect(check(upgraded({ looks: inCharge }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated where the new release never serves", () => {
    const actions = upgraded().actions.map((one) => (one.index === 2 ? { ...one, servedMs: undefined } : one));
    const { servedMs: _, ...unserved } = action({ index: 2, startedMs: 2_500, generation: 3 });
    expect(check(upgraded({ actions: [...actions.filter(({ kind }) => kind === "upgrade"), unserved] }))).toMatchObject(
      {
        outcome: "violated",
        violations: 1,
      },
    );
  });

  it("decides nothing if nothing was upgraded, nobody asked meanwhile, or it could not be asked for", () => {
    expect(check(history()).outcome).toBe("inconclusive");
    expect(check(upgraded({ loads: [] })).outcome).toBe("inconclusive");
    const failed = [asked({ index: 2, startedMs: 2_500, error: "no such process" })];
    expect(check(upgraded({ actions: failed })).outcome).toBe("inconclusive");
    expect(check(upgraded({ actions: [] })).outcome).toBe("inconclusive");
  });
});
