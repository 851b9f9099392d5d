import type { LedgerRow } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";

export interface Timeline {
  readonly bucketMs: number;
  readonly good: readonly number[];
  readonly bad: readonly number[];
}

export interface TimelineWindow {
  /** The instant that it is drawn around; a bucket begins there. */
  readonly aroundMs: number;
  readonly bucketsBefore: number;
  readonly bucketsAfter: number;
  /** Width of a bucket in milliseconds, `LIMITS.timelineBucketMs` unless told. */
  readonly bucketMs?: number;
}

/** Requests that ended well and badly, per bucket of the moment at which that was known. */
export function timelineOf(rows: Iterable<LedgerRow>, window: TimelineWindow): Timeline {
  const bucketMs = window.bucketMs ?? LIMITS.timelineBucketMs;
  const buckets = window.bucketsBefore + window.bucketsAfter;
  const good = Array.from({ length: buckets }, () => 0);
  const bad = Array.from({ length: buckets }, () => 0);
  for (const row of rows) {
    const bucket = Math.floor((endedMs(row) - window.aroundMs) / bucketMs) + window.bucketsBefore;
    if (bucket < 0 || bucket >= buckets) continue;
    const counts = row.outcome === "ok" ? good : bad;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return { bucketMs, good, bad };
}

export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Longest time without a good answer between two instants, in milliseconds, as {@link gapsBetween} has it. */
export function longestGapMs(rows: Iterable<LedgerRow>, fromMs: number, toMs: number): number {
  return gapsBetween(rows, fromMs, toMs).reduce((longest, gap) => Math.max(longest, gap.toMs - gap.fromMs), 0);
}

/**
 * The times without a good answer between two instants, in their order; the ends of the span count as answers, so that a span
 * without any good answer is one gap.
 */
export function gapsBetween(rows: Iterable<LedgerRow>, fromMs: number, toMs: number): readonly Gap[] {
  const instants = [toMs];
  for (const row of rows) {
    if (row.outcome === "ok" && row.doneMs >= fromMs && row.doneMs <= toMs) instants.push(row.doneMs);
  }
  instants.sort((a, b) => a - b);
  return instants.map((instant, index) => ({ fromMs: instants[index - 1] ?? fromMs, toMs: instant }));
}

/** A request that was never sent has no end: its intended time stands for it. */
function endedMs(row: LedgerRow): number {
  return Number.isNaN(row.doneMs) ? row.intendedMs : row.doneMs;
}
