import { expect, test } from "vitest";
import type { LedgerRow } from "../spec/history.ts";
import type { Outcome } from "../spec/outcome.ts";
import { longestGapMs, timelineOf } from "./timeline.ts";

test("counts good and bad around an instant, by when that was known", () => {
  const rows = [
    row(74),
    row(75),
    row(99.9),
    row(100),
    row(101, "reset-before-answer-fresh"),
    row(150),
    row(Number.NaN, "unsent", 110),
  ];
  expect(timelineOf(rows, { aroundMs: 100, bucketsBefore: 1, bucketsAfter: 2 })).toEqual({
    bucketMs: 25,
    good: [2, 1, 0],
    bad: [0, 2, 0],
  });
});

test("the longest gap is between good answers, and the ends of the span count", () => {
  const rows = [row(40), row(10), row(35, "hung"), row(90)];
  expect(longestGapMs(rows, 0, 100)).toBe(50);
  expect(longestGapMs(rows, 0, 200)).toBe(110);
  expect(longestGapMs([], 20, 50)).toBe(30);
});

function row(doneMs: number, outcome: Outcome = "ok", intendedMs = doneMs): LedgerRow {
  return {
    id: `t-${doneMs}`,
    method: "GET",
    connection: 0,
    reused: false,
    intendedMs,
    sentMs: intendedMs,
    firstByteMs: doneMs,
    doneMs,
    outcome,
    status: 200,
    generation: 1,
    worker: 1,
    closeAnnounced: false,
  };
}
