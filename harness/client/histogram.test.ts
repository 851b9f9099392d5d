import * as fc from "fast-check";
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import { expect, test } from "vitest";
import { Histogram, quantilesOf } from "./histogram.ts";

const durations = fc.array(fc.double({ min: 0, max: 2_000_000, noNaN: true }), { minLength: 1, maxLength: 200 });

test("quantiles are off by less than 0.1 % and a microsecond", () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, part) => {
      const histogram = filled(values);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(part * values.length)) - 1] ?? 0;
      expect(Math.abs(histogram.quantile(part) - exact)).toBeLessThanOrEqual(exact * 0.001 + 0.001);
    }),
  );
});

test("two that are merged are the one of all values", () => {
  fc.assert(
    fc.property(durations, durations, (a, b) => {
      const merged = filled(a);
      merged.merge(filled(b));
      expect(merged.quantiles()).toEqual(quantilesOf([...a, ...b]));
    }),
  );
});

test("an empty one is all zeros; what is below zero or beyond its range is clamped", () => {
  expect(new Histogram().quantiles()).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
  expect(filled([-1, 1e9]).quantile(0.5)).toBe(0);
  expect(filled([1e9]).quantiles().max).toBe(2_147_483.647);
});

test("HdrHistogram reads the export", () => {
  const histogram = filled(Array.from({ length: 1000 }, (_, index) => index + 1));
  const decoded = decodeFromCompressedBase64(histogram.toHdrBase64());
  expect(decoded.totalCount).toBe(1000);
  expect(decoded.getValueAtPercentile(99) / 990_000).toBeCloseTo(1, 2);
  expect(histogram.toPercentileText()).toMatch(/Total count\s*=\s*1000/);
});

function filled(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}
