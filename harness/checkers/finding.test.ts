import { expect, test } from "vitest";
import { LIMITS } from "../spec/limits.ts";
import { bound95, decide } from "./finding.ts";

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

test("a verdict counts every fault and shows the first few", () => {
  const fault = { count: 3, evidence: { kind: "log", text: "lost" } } as const;
  const facts = { trials: 100, expected: "none", observed: "some" };
  const finding = decide({ ...facts, faults: Array.from({ length: 50 }, () => fault) });
  expect(finding).toMatchObject({ outcome: "violated", violations: 150, trials: 100 });
  expect(finding.outcome === "violated" && finding.evidence.length).toBe(LIMITS.evidenceItems);
  expect(decide({ ...facts, trials: 0, faults: [] })).toMatchObject({ outcome: "inconclusive" });
  expect(decide({ ...facts, faults: [] })).toEqual({ outcome: "held", trials: 100, observed: "some" });
});
