import { describe, expect, it } from "vitest";
import type { LoadRecord } from "../../spec/history.ts";
import type { Poll } from "../../spec/observation.ts";
import { action, conversation, history, type HistoryParts, load, sample } from "../testing/history-fixture.ts";
import { otherWays } from "./other-ways.ts";
import { freshLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";

describe("availability/single-worker-no-gap", () => {
  const check = otherWays["availability/single-worker-no-gap"];
  const slow = action({ bootDelayMs: 800, servedMs: 1_900, settledMs: 2_100 });
  const late = rowsAroundReload((row) =>
    (row.intendedMs ?? 0) <= 1_850 ? { ...row, generation: 1, worker: 100 } : row,
  );
  const run = (parts: Parameters<typeof soundReload>[0] = {}) =>
    check(soundReload({ target: { workers: 1 }, loads: [freshLoad(late)], actions: [slow], ...parts }));

  it("holds where the one worker answers until the next one does", () => {
    expect(run()).toMatchObject({
      outcome: "held",
      observed: expect.stringMatching(/^one worker: 0 of 150 .*boot of 800 ms/),
    });
  });

  it("is violated by a refused request", () => {
    const rows = late.map((row, index) => (index === 60 ? { ...row, outcome: "refused" as const } : row));
    expect(run({ loads: [freshLoad(rows)] })).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated by a gap as long as the boot, even if nobody is refused", () => {
    const rows = late.map((row) => {
      const intendedMs = row.intendedMs ?? 0;
      return intendedMs >= 1_000 && intendedMs < 1_850 ? { ...row, doneMs: 1_860, generation: 2 } : row;
    });
    expect(run({ loads: [freshLoad(rows)] }).outcome).toBe("violated");
  });

  it("decides nothing with more workers than one, whoever says so", () => {
    expect(run({ target: { workers: 2 } }).outcome).toBe("inconclusive");
    const rows = late.map((row, index) => (index === 3 ? { ...row, worker: 101 } : row));
    expect(run({ loads: [freshLoad(rows)] })).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("2 of them"),
    });
  });

  it("decides nothing without a reload, or without a slow one", () => {
    expect(run({ actions: [] }).outcome).toBe("inconclusive");
    expect(run({ actions: [action()] }).outcome).toBe("inconclusive");
  });
});

describe("availability/unix-socket-stays", () => {
  const check = otherWays["availability/unix-socket-stays"];
  const poll = (facts: Partial<Poll> = {}): Poll => ({
    kind: "poll",
    name: "socket-path",
    startedMs: 10,
    endedMs: 2_900,
    looks: 1_000,
    misses: [],
    missCount: 0,
    ...facts,
  });

  it("holds where each connection was taken", () => {
    expect(check(soundReload({ observations: [poll()] }))).toMatchObject({
      outcome: "held",
      observed: expect.stringMatching(/^1000 connections to the path in 1 reloads, one every 2\.9 ms/),
    });
  });

  it("is violated by one moment without the path, and says when", () => {
    const observations = [poll({ missCount: 1, misses: [{ atMs: 1_010, text: "ENOENT" }] })];
    const finding = check(soundReload({ observations }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toMatch(/10\.0 ms after reload 1: ENOENT/);
  });

  it("is violated by a refused request as well", () => {
    const rows = rowsAroundReload((row, index) => (index === 51 ? { ...row, outcome: "refused" } : row));
    expect(check(soundReload({ loads: [freshLoad(rows)], observations: [poll()] })).outcome).toBe("violated");
  });

  it("is violated by it though nobody looked until the end, and not by one before any reload", () => {
    const missed = (atMs: number, facts: Partial<Poll> = {}) =>
      check(soundReload({ observations: [poll({ missCount: 1, misses: [{ atMs, text: "EAGAIN" }], ...facts })] }));
    expect(missed(1_010, { endedMs: 1_100 }).outcome).toBe("violated");
    expect(missed(500)).toMatchObject({
      outcome: "inconclusive",
      reason: "1 connections to the path found nobody before any reload, none after it",
    });
  });

  it("decides nothing if nobody connected, not during the reload, or without a reload", () => {
    expect(check(soundReload()).outcome).toBe("inconclusive");
    expect(check(soundReload({ observations: [poll({ looks: 0 })] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ observations: [poll({ endedMs: 1_100 })] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ actions: [], observations: [poll()] })).outcome).toBe("inconclusive");
  });
});

describe("availability/reuseport-loses-nothing", () => {
  const check = otherWays["availability/reuseport-loses-nothing"];
  const look = (sockets: number) =>
    ({ kind: "listen-queue", name: "before-reload", door: "front", atMs: 900, waiting: 8, sockets }) as const;
  const queued = (lost: boolean) =>
    Array.from({ length: 8 }, (_, index) =>
      conversation("queued", {
        connectedMs: 700,
        answeredMs: 1_250,
        ...(lost && index === 0 && { received: [], end: "reset", endedMs: 1_210 }),
      }),
    );

  it("holds where both what was asked and what waited is answered", () => {
    expect(check(soundReload({ observations: [look(2), ...queued(false)] }))).toMatchObject({
      outcome: "held",
      observed: expect.stringMatching(/^2 listeners on one port: 8 in the listen queue .*; 0 of 160 requests lost/),
    });
  });

  it("is violated by a connection that was lost with the queue of its listener", () => {
    expect(check(soundReload({ observations: [look(2), ...queued(true)] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
  });

  it("is violated by a lost request", () => {
    const rows = rowsAroundReload((row, index) => (index === 52 ? { ...row, outcome: "refused" } : row));
    expect(check(soundReload({ loads: [freshLoad(rows)], observations: [look(2), ...queued(false)] })).outcome).toBe(
      "violated",
    );
  });

  it("decides nothing with one listener, without a queue, or without a reload", () => {
    expect(check(soundReload({ observations: [look(1), ...queued(false)] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ observations: [look(2)] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ actions: [], observations: [look(2), ...queued(false)] })).outcome).toBe("inconclusive");
  });
});

describe("availability/recycling-loses-nothing", () => {
  const check = otherWays["availability/recycling-loses-nothing"];
  /** A new worker every 100 requests, two at a time. */
  const rows = (change: (index: number) => object = () => ({})) =>
    Array.from({ length: 800 }, (_, index) => ({
      intendedMs: index * 5,
      worker: 100 + 2 * Math.floor(index / 200) + (index % 2),
      ...change(index),
    }));
  /** The workers of the four quarters of the time, or those that are given. */
  const processes = (pidsOf = (quarter: number) => [100 + 2 * quarter, 101 + 2 * quarter]) => ({
    samples: [0, 1, 2, 3].map((quarter) =>
      sample(
        quarter * 1_000,
        [1, ...pidsOf(quarter)].map((pid) => ({ pid })),
      ),
    ),
    cpuSeconds: 0,
    peakPssBytes: 0,
  });
  const run = (loads: readonly LoadRecord[], parts: HistoryParts = {}) =>
    check(history({ loads, processes: processes(), ...parts }));

  it("holds where workers came and went and nothing was lost", () => {
    expect(run([load(rows())])).toMatchObject({
      outcome: "held",
      trials: 800,
      observed: expect.stringMatching(/^6 workers replaced without a reload; fresh GET 0 of 800 lost/),
    });
  });

  it("has as trials the requests on fresh connections: what is lost on others it does not count", () => {
    const reused = load(
      rows((index) => ({ reused: true, ...(index === 9 && { outcome: "reset-before-answer-reused" }) })),
    );
    expect(run([load(rows()), reused])).toMatchObject({ outcome: "held", trials: 800 });
  });

  it("is violated by one lost request", () => {
    const lost = rows((index) => (index === 200 ? { outcome: "reset-before-answer-fresh" } : {}));
    expect(run([load(lost)])).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing if the workers stayed, or a reload replaced them", () => {
    expect(run([load(rows(() => ({ worker: 100 })))]).outcome).toBe("inconclusive");
    expect(run([load(rows())], { actions: [action()] }).outcome).toBe("inconclusive");
    expect(run([]).outcome).toBe("inconclusive");
  });

  it("does not take a server with more processes than workers for one that replaces them", () => {
    const eight = rows((index) => ({ worker: 100 + (index % 8) }));
    const stayed = processes(() => Array.from({ length: 8 }, (_, index) => 100 + index));
    expect(run([load(eight)], { processes: stayed }).outcome).toBe("inconclusive");
  });
});
