import { expect, test } from "vitest";
import type { ProcessSample } from "../../spec/history.ts";
import type { Observation } from "../../spec/observation.ts";
import { failure } from "./failure.ts";
import {
  BROKEN,
  BROKEN_MS,
  BYSTANDER,
  GOOD,
  mainPoll,
  rowsWith,
  signal,
  steadyRows,
  troubled,
  VICTIM,
} from "./failure-fixture.ts";
import { action, type HistoryParts, sample } from "../testing/history-fixture.ts";

const abandoned = failure["failure/never-ready-is-abandoned"];
const replaced = failure["failure/hung-worker-replaced"];

const HANGING = { ...BROKEN, release: "hang" as const };
const LATER = action({ index: 2, startedMs: 6_000, generation: 3 });
const OLD = [{ pid: 1 }, { pid: 100, ppid: 1 }];
const YOUNG = { pid: 150, ppid: 1, startTicks: 1_500, command: "worker that hangs" };

/** One every 50 ms. */
function looksBetween(fromMs: number, toMs: number, processes: Parameters<typeof sample>[1]): ProcessSample[] {
  return Array.from({ length: Math.ceil((toMs - fromMs) / 50) }, (_, index) => sample(fromMs + index * 50, processes));
}

/** A release that hangs is reloaded at 1,000 ms, the next one at 6,000; limits are two seconds. */
function hanging(goneMs: number, parts: HistoryParts = {}, rows = steadyRows(undefined, LATER.startedMs)) {
  const samples: ProcessSample[] = [
    sample(0, OLD),
    ...looksBetween(BROKEN_MS + 50, goneMs, [...OLD, YOUNG]),
    sample(goneMs, [...OLD, { ...YOUNG, state: "Z" }]),
    sample(goneMs + 50, OLD),
  ];
  return troubled(rows, {
    target: { bootMs: 2_000, hangMs: 2_000 },
    actions: [HANGING, LATER],
    observations: [mainPoll()],
    processes: { samples, cpuSeconds: 1, peakPssBytes: 1 },
    ...parts,
  });
}

test("what hangs is given up when it has had its time, and a little", () => {
  expect(abandoned(hanging(3_100))).toMatchObject({
    outcome: "held",
    trials: 1 + 250,
    observed: "1 of 1 hanging processes given up, the last after 2050 ms; 0 requests lost meanwhile",
  });
});

test("what still hangs when the next release is reloaded was not given up", () => {
  expect(abandoned(hanging(9_000))).toMatchObject({
    outcome: "violated",
    violations: 1,
    evidence: [{ kind: "process", text: expect.stringMatching(/^process 150, .* lived 4950 ms: worker that hangs$/) }],
  });
});

test("one that lives on in a time too short to tell was not given up", () => {
  const next = action({ index: 2, startedMs: 2_500, generation: 3 });
  expect(abandoned(hanging(9_000, { actions: [HANGING, next] }))).toMatchObject({
    outcome: "inconclusive",
    reason: expect.stringContaining("process 150 was still there after 1450 ms"),
  });
  // What the next reload ends had not been given up either.
  expect(abandoned(hanging(2_510, { actions: [HANGING, next] }))).toMatchObject({ outcome: "inconclusive" });
});

test("a second try, of which the end is not seen, takes nothing from the first", () => {
  const second = { ...YOUNG, pid: 151, startTicks: 1_700 };
  const samples = [
    sample(0, OLD),
    ...looksBetween(BROKEN_MS + 50, 3_100, [...OLD, YOUNG]),
    ...looksBetween(3_100, 6_000, [...OLD, second]),
  ];
  expect(abandoned(hanging(3_100, { processes: { samples, cpuSeconds: 1, peakPssBytes: 1 } }))).toMatchObject({
    outcome: "held",
    observed: expect.stringMatching(/^1 of 1 hanging processes given up/),
  });
});

test("looks that show nothing new are not kept: what was there before and after was there in between", () => {
  const samples = [sample(0, OLD), sample(BROKEN_MS + 50, [...OLD, YOUNG]), sample(9_000, OLD)];
  const processes = { samples, cpuSeconds: 1, peakPssBytes: 1 };
  expect(abandoned(hanging(0, { processes }))).toMatchObject({ outcome: "violated", violations: 1 });
});

test("nobody is blamed for a time in which nobody looked", () => {
  const samples = [sample(0, OLD), sample(BROKEN_MS + 50, [...OLD, YOUNG]), sample(5_900, OLD)];
  const processes = { samples, cpuSeconds: 1, peakPssBytes: 1 };
  const pauses = [{ fromMs: BROKEN_MS + 100, toMs: 5_890 }];
  expect(abandoned(hanging(0, { processes, pauses }))).toMatchObject({ outcome: "inconclusive" });
});

test("requests lost meanwhile, or a main process that goes, break the rule", () => {
  const lost = hanging(3_100, {}, rowsWith(2_000, 2_040, { outcome: "refused" }, LATER.startedMs));
  expect(abandoned(lost)).toMatchObject({ outcome: "violated", violations: 2 });
  expect(abandoned(hanging(3_100, { observations: [mainPoll(5_000)] }))).toMatchObject({ outcome: "violated" });
});

test("what served nobody since the worker before hung has nobody to lose by the release that hangs", () => {
  const dead = hanging(3_100, {}, rowsWith(0, 6_000, { outcome: "hung", doneMs: 15_000 }, LATER.startedMs));
  expect(abandoned(dead)).toMatchObject({
    outcome: "inconclusive",
    reason: expect.stringContaining("before reload 1"),
  });
});

test("old workers that are sent away before the new ones are ready do not serve on", () => {
  const silent = hanging(3_100, {}, rowsWith(1_100, 3_150, { doneMs: 3_150 }, LATER.startedMs));
  expect(abandoned(silent)).toMatchObject({
    outcome: "violated",
    observed: expect.stringMatching(/nobody was served for up to 20\d\d ms$/),
  });
});

test("a worker that answers was started for the old release", () => {
  const rows = rowsWith(2_000, 2_040, { worker: YOUNG.pid }, LATER.startedMs);
  expect(abandoned(hanging(9_000, {}, rows))).toMatchObject({ outcome: "inconclusive" });
});

test("without a limit there is nothing to keep, without a process nothing to give up", () => {
  expect(abandoned(hanging(3_100, { target: {} }))).toMatchObject({ outcome: "unsupported" });
  expect(abandoned(hanging(3_100, { actions: [GOOD] }))).toMatchObject({ outcome: "inconclusive" });
  const processes = { samples: [sample(0, OLD)], cpuSeconds: 1, peakPssBytes: 1 };
  expect(abandoned(hanging(3_100, { processes }))).toMatchObject({ outcome: "inconclusive" });
});

const HUNG_MS = 4_000;

/** A worker is stopped at 4,000 ms, and is gone by `goneMs`. */
function hung(goneMs: number, parts: HistoryParts = {}, rows?: Parameters<typeof troubled>[0]) {
  const both = [{ pid: 1 }, { pid: BYSTANDER, ppid: 1 }, { pid: VICTIM, ppid: 1 }];
  const samples = [...looksBetween(0, goneMs, both), sample(goneMs, both.slice(0, 2))];
  const processes = { samples, cpuSeconds: 1, peakPssBytes: 1 };
  return troubled(rows, {
    target: { hangMs: 2_000 },
    observations: [signal("hang", HUNG_MS, VICTIM, "SIGSTOP")],
    processes,
    ...parts,
  });
}

test("a stopped worker that is gone in time was found", () => {
  expect(replaced(hung(6_300))).toMatchObject({
    outcome: "held",
    trials: 250,
    observed: expect.stringMatching(/^stopped worker 200 gone after 2300 ms; 0 of 250 requests/),
  });
});

test("what it had in hand may be lost when it is ended, nothing sent afterwards", () => {
  const inHand = rowsWith(3_990, 4_020, { outcome: "reset-before-answer-fresh", doneMs: 6_310 });
  expect(replaced(hung(6_300, {}, inHand))).toMatchObject({ outcome: "held" });
  const after = rowsWith(6_500, 6_540, { outcome: "reset-before-answer-fresh" });
  expect(replaced(hung(6_300, {}, after))).toMatchObject({ outcome: "violated", violations: 2 });
});

test("one that stays, that nobody replaces, or that keeps the others from serving breaks the rule", () => {
  expect(replaced(hung(8_500))).toMatchObject({
    outcome: "violated",
    evidence: [{ text: "worker 200, stopped, was still there 4000 ms later" }],
  });
  const misses = [{ atMs: 9_000, text: "1 of 2 workers answer: 201" }];
  const poll = { kind: "poll", name: "pool-after-hang", startedMs: 6_300, endedMs: 9_000, looks: 9 } as const;
  const observations: Observation[] = [signal("hang", HUNG_MS, VICTIM, "SIGSTOP"), { ...poll, misses, missCount: 1 }];
  expect(replaced(hung(6_300, { observations }))).toMatchObject({ outcome: "violated", violations: 1 });
  const silent = rowsWith(HUNG_MS, 6_000, { outcome: "ok", doneMs: 6_310 });
  expect(replaced(hung(6_300, {}, silent))).toMatchObject({
    outcome: "violated",
    evidence: [{ text: expect.stringContaining("without a good answer of the other workers") }],
  });
});

test("a single worker has no others that could serve while it hangs", () => {
  const silent = rowsWith(HUNG_MS, 6_300, { outcome: "ok", doneMs: 6_310 });
  const target = { hangMs: 2_000, workers: 1 };
  expect(replaced(hung(6_300, { target }, silent))).toMatchObject({ outcome: "held" });
  expect(replaced(hung(8_500, { target }, silent))).toMatchObject({ outcome: "violated" });
});

test("a worker that was not looked at when its time was over has neither gone nor stayed", () => {
  const both = [{ pid: 1 }, { pid: BYSTANDER, ppid: 1 }, { pid: VICTIM, ppid: 1 }];
  for (const samples of [[], [sample(0, both), sample(8_500, both.slice(0, 2))]]) {
    const processes = { samples, cpuSeconds: 1, peakPssBytes: 1 };
    const pauses = [{ fromMs: 100, toMs: 8_490 }];
    expect(replaced(hung(6_300, { processes, pauses }))).toMatchObject({ outcome: "inconclusive" });
  }
});

test("a silence of the others that may have been the generator's leaves it undecided", () => {
  const silent = hung(6_300, {}, rowsWith(HUNG_MS, 5_200, { outcome: "ok", doneMs: 5_200 }));
  const late = { ...silent, pauses: [{ fromMs: HUNG_MS + 100, toMs: 5_000 }] };
  expect(replaced(late)).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("paused") });
});

test("without a limit, or a worker that was stopped, there is nothing to decide", () => {
  expect(replaced(hung(6_300, { target: {} }))).toMatchObject({ outcome: "unsupported" });
  expect(replaced(hung(6_300, { observations: [] }))).toMatchObject({ outcome: "inconclusive" });
  expect(replaced(hung(6_300, { loads: [] }))).toMatchObject({ outcome: "inconclusive" });
});
