import { describe, expect, it } from "vitest";
import { verdict } from "../sample-record.ts";
import { matrixOfRuns } from "./matrix.ts";
import { matrixRun, sampleRuns } from "./sample-runs.ts";

describe("matrix of runs", () => {
  const { targets, rules } = matrixOfRuns(sampleRuns());

  it("has its targets by role and name, those without a verdict too", () => {
    expect(targets.map(({ name, status }) => [name, status])).toEqual([
      ["gunicorn-sync", "ok"],
      ["a-proxy", "ok"],
      ["seed", "unavailable"],
    ]);
  });

  it("has the rules that were judged in the order of the catalogue, and those that it does not know at the end", () => {
    const ids = ["future/rule", "proxy/own-reload", "availability/ab-ten-thousand"];
    const runs = [matrixRun({ verdicts: ids.map((requirement) => verdict({ requirement })) })];
    expect(matrixOfRuns(runs).rules.map(({ id }) => id)).toEqual(ids.toReversed());
    expect(rules.map(({ id }) => id)).toContain("rotation/compression-safe");
  });

  it("shows the worst verdict on each rule, and where it is explained", () => {
    const [server] = targets;
    expect(server?.verdicts["availability/reload-loses-nothing"]).toMatchObject({
      verdict: "inconclusive",
      evidence: "runs/gunicorn-sync.md#availability-reload-loses-nothing",
    });
    expect(server?.verdicts["logging/no-interleaving"]?.verdict).toBe("known-failure");
    expect(server?.conclusion).toBe("not-conformant");
  });

  it("does not depend on the order of the runs", () => {
    expect(matrixOfRuns(sampleRuns().toReversed())).toEqual({ schemaVersion: 1, rules, targets });
  });
});
