import { describe, expect, it } from "vitest";
import type { HeldRequest } from "../../spec/history.ts";
import { rowOf } from "../testing/history-fixture.ts";
import { proxy } from "./proxy.ts";
import { freshLoad, keptLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";

describe("proxy/upstream-reload-hidden", () => {
  const check = proxy["proxy/upstream-reload-hidden"];

  it("holds where clients of the proxy saw nothing", () => {
    expect(check(soundReload())).toMatchObject({ outcome: "held", trials: 300 });
  });

  it("is violated by a 502", () => {
    const rows = rowsAroundReload((row, index) => (index === 52 ? { ...row, outcome: "status-502" } : row));
    expect(check(soundReload({ loads: [freshLoad(rows)] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated by errors of an application that did not survive its reload", () => {
    const rows = rowsAroundReload((row) =>
      (row.intendedMs ?? 0) > 1_000 ? { ...row, outcome: "status-502", generation: 0, worker: 0 } : row,
    );
    expect(check(soundReload({ loads: [freshLoad(rows)] }))).toMatchObject({ outcome: "violated", violations: 99 });
  });

  it("is violated by a closed connection, an announced one too", () => {
    const kept = keptLoad(undefined, { closes: { announced: 1, idle: 0 } });
    expect(check(soundReload({ loads: [kept] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("does not look at the door behind the proxy", () => {
    const rows = rowsAroundReload((row, index) => (index === 52 ? { ...row, outcome: "refused" } : row));
    expect(check(soundReload({ loads: [freshLoad(), freshLoad(rows, { door: "direct" })] })).outcome).toBe("held");
    expect(check(soundReload({ loads: [freshLoad(rows, { door: "direct" })] })).outcome).toBe("inconclusive");
  });
});

describe("proxy/own-reload", () => {
  const check = proxy["proxy/own-reload"];
  const held = (outcome: "ok" | "truncated" = "ok"): HeldRequest => ({
    row: rowOf({ id: "h", intendedMs: 990, doneMs: 1_300, outcome }),
    door: "front",
    enteredMs: 995,
    releasedMs: 1_250,
    action: 1,
  });

  it("holds where nothing was lost, closes with notice included", () => {
    const kept = keptLoad(undefined, { closes: { announced: 5, idle: 0 } });
    expect(check(soundReload({ loads: [freshLoad(), kept], held: [held()] }))).toMatchObject({
      outcome: "held",
      trials: 301,
    });
  });

  it("is violated by a loss on any connection, and by an answer cut in flight", () => {
    const rows = rowsAroundReload((row, index) =>
      index === 52 ? { ...row, outcome: "reset-before-answer-reused" } : row,
    );
    expect(check(soundReload({ loads: [freshLoad(), keptLoad(rows)], held: [held()] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
    expect(check(soundReload({ held: [held("truncated")] }))).toMatchObject({
      outcome: "violated",
      observed: "1 of 1 cut in flight",
    });
  });

  it("decides nothing without a reload, or without a request in flight", () => {
    expect(check(soundReload({ actions: [], held: [held()] })).outcome).toBe("inconclusive");
    expect(check(soundReload()).outcome).toBe("inconclusive");
  });
});

describe("proxy/neighbours-undisturbed", () => {
  const check = proxy["proxy/neighbours-undisturbed"];
  const site = "other";

  it("holds where the others noticed nothing, whatever the reloaded one lost", () => {
    const own = freshLoad(rowsAroundReload((row, index) => (index === 52 ? { ...row, outcome: "refused" } : row)));
    const finding = check(soundReload({ loads: [own, freshLoad(undefined, { site }), keptLoad(undefined, { site })] }));
    expect(finding).toMatchObject({ outcome: "held", trials: 300 });
  });

  it("is violated by an error, a stall or a closed connection of the others", () => {
    const failing = rowsAroundReload((row, index) => (index === 52 ? { ...row, outcome: "status-502" } : row));
    const late = rowsAroundReload((row, index) => (index === 52 ? { ...row, doneMs: 2_400 } : row));
    const closed = { site, closes: { announced: 0, idle: 1 } };
    for (const other of [freshLoad(failing, { site }), freshLoad(late, { site }), keptLoad(undefined, closed)]) {
      expect(check(soundReload({ loads: [freshLoad(), other] }))).toMatchObject({ outcome: "violated", violations: 1 });
    }
  });

  it("does not count the time in which the suite itself could not see an answer", () => {
    const late = rowsAroundReload((row, index) => (index === 52 ? { ...row, doneMs: 2_400 } : row));
    const paused = (fromMs: number) =>
      check(
        soundReload({
          loads: [freshLoad(), freshLoad(late, { site })],
          pauses: [{ fromMs, toMs: fromMs + 600 }],
        }),
      ).outcome;
    expect(paused(1_800)).toBe("held");
    expect(paused(100)).toBe("violated");
  });

  it("does not speak of a single site, and decides nothing without a reload", () => {
    expect(check(soundReload()).outcome).toBe("unsupported");
    expect(check(soundReload({ actions: [], loads: [freshLoad(), freshLoad(undefined, { site })] })).outcome).toBe(
      "inconclusive",
    );
  });
});
