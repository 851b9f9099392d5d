import { expect, test } from "vitest";
import type { Observation } from "../../spec/observation.ts";
import { sample } from "../testing/history-fixture.ts";
import { failure } from "./failure.ts";
import { CRASHES, KILL_MS, mainPoll, rowsWith, SAMPLES, STARTS, troubled } from "./failure-fixture.ts";

const backsOff = failure["failure/crash-loop-backs-off"];

test("five starts in two seconds are backed off, and each counts as a trial", () => {
  expect(backsOff(troubled())).toMatchObject({
    outcome: "held",
    trials: 7,
    observed: expect.stringMatching(/crash-loop: 5 processes started in 2\.0 s \(at most 12\)/),
  });
});

test("more starts than two at once and two a second for each worker are a loop", () => {
  const looping = troubled(undefined, { observations: [STARTS, { ...CRASHES, count: 40 }] });
  expect(backsOff(looping)).toMatchObject({
    outcome: "violated",
    violations: 28,
    evidence: [{ text: expect.stringContaining("40 processes started in 2.0 s (crash-loop), at most 12") }],
  });
  // However many others there are, it is one that dies.
  expect(backsOff(troubled(undefined, { ...looping, target: { workers: 8 } }))).toMatchObject({ violations: 28 });
  const retrying = troubled(undefined, { observations: [{ ...STARTS, count: 13 }] });
  expect(backsOff(retrying)).toMatchObject({ outcome: "violated", violations: 1 });
});

test("a time without good answers blocks service, what the generator was late itself does not", () => {
  const blocked = troubled(rowsWith(KILL_MS + 100, KILL_MS + 1_400, { outcome: "hung", doneMs: 20_000 }));
  expect(backsOff(blocked)).toMatchObject({
    outcome: "violated",
    evidence: [{ kind: "timeline", text: expect.stringMatching(/^fresh-front: 1\d\d\d ms without a good answer/) }],
  });
  const late = { ...blocked, pauses: [{ fromMs: KILL_MS + 200, toMs: KILL_MS + 1_100 }] };
  expect(backsOff(late)).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("paused") });
});

test("a single worker that dies again and again has no others to keep from serving, one that fails to load has", () => {
  const blocked = (fromMs: number) =>
    troubled(rowsWith(fromMs, fromMs + 1_300, { outcome: "refused" }), { target: { workers: 1 } });
  expect(backsOff(blocked(KILL_MS + 100))).toMatchObject({ outcome: "held" });
  expect(backsOff(blocked(STARTS.startedMs + 100))).toMatchObject({ outcome: "violated" });
});

test("workers that are not back when the crashes are over break the rule", () => {
  const misses = [{ atMs: 9_000, text: "1 of 2 workers answer: 201" }];
  const poll = { kind: "poll", name: "pool-after-crashes", startedMs: 7_200, endedMs: 9_000, looks: 9 } as const;
  const short = troubled(undefined, { observations: [CRASHES, { ...poll, misses, missCount: 1 }] });
  expect(backsOff(short)).toMatchObject({
    outcome: "violated",
    evidence: [{ text: expect.stringContaining("1 of 2") }],
  });
});

test("a main process that ends with its first attempt is another rule's business, one that ends with the crashes is not", () => {
  const dead = rowsWith(STARTS.startedMs + 50, 9_000, { outcome: "refused" });
  expect(backsOff(troubled(dead, { observations: [mainPoll(STARTS.endedMs + 10), STARTS] }))).toMatchObject({
    outcome: "inconclusive",
    reason: "the main process 1 is gone",
  });
  const late = rowsWith(KILL_MS + 50, 9_000, { outcome: "refused" });
  expect(backsOff(troubled(late, { observations: [mainPoll(CRASHES.endedMs + 10), CRASHES] }))).toMatchObject({
    outcome: "violated",
  });
});

test("processes that are started and live on are no loop", () => {
  const alive = SAMPLES.map(({ atMs, processes }) => ({
    atMs,
    processes: [...processes, ...sample(atMs, [{ pid: 150, ppid: 1 }]).processes],
  }));
  const processes = { samples: alive, cpuSeconds: 1, peakPssBytes: 1 };
  const seen = (observations: readonly Observation[]) => backsOff(troubled(undefined, { observations, processes }));
  expect(seen([STARTS])).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("died") });
  // However many they are: a server may well start as many as it has workers.
  expect(
    seen([STARTS, { ...STARTS, name: "other", started: [{ atMs: 1_050, pid: 151, command: "worker" }] }]),
  ).toMatchObject({
    outcome: "held",
    trials: 2,
  });
});

test("nothing that was started, or too short a look, decides nothing", () => {
  expect(backsOff(troubled(undefined, { observations: [{ ...STARTS, count: 0 }] }))).toMatchObject({
    outcome: "inconclusive",
  });
  const short = { ...STARTS, endedMs: STARTS.startedMs + 500 };
  expect(backsOff(troubled(undefined, { observations: [short] }))).toMatchObject({ outcome: "inconclusive" });
});
