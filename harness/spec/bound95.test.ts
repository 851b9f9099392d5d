import { expect, test } from "vitest";
import { bound95 } from "./bound95.ts";

test("none of N is below 3/N, nothing tried says nothing", () => {
  expect(bound95(0, 10_000)).toBeCloseTo(3e-4);
  expect(bound95(0, 2)).toBe(1);
  expect(bound95(0, 0)).toBe(1);
});

test("a seen rate lies below its bound, and the bound grows with it", () => {
  expect(bound95(10, 1_000)).toBeCloseTo(0.0183, 3);
  expect(bound95(1, 100)).toBeGreaterThan(bound95(0, 100));
  expect(bound95(100, 100)).toBe(1);
  expect(bound95(7, 5)).toBe(1);
});
