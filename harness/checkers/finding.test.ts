import { expect, test } from "vitest";
import { LIMITS } from "../spec/limits.ts";
import { decide } from "./finding.ts";

test("a verdict counts every fault and shows the first few", () => {
  const fault = { count: 3, evidence: { kind: "log", text: "lost" } } as const;
  const facts = { trials: 100, expected: "none", observed: "some" };
  const finding = decide({ ...facts, faults: Array.from({ length: 50 }, () => fault) });
  expect(finding).toMatchObject({ outcome: "violated", violations: 150, trials: 100 });
  expect(finding.outcome === "violated" && finding.evidence.length).toBe(LIMITS.evidenceItems);
  expect(decide({ ...facts, trials: 0, faults: [] })).toMatchObject({ outcome: "inconclusive" });
  expect(decide({ ...facts, faults: [] })).toEqual({ outcome: "held", trials: 100, observed: "some" });
});
