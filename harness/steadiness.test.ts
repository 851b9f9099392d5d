import { describe, expect, it } from "vitest";
import { failure, record, target, verdict } from "../reports/sample-record.ts";
import { compareVerdicts, renderSoak } from "./steadiness.ts";

const run = (...verdicts: Parameters<typeof verdict>[0][]) =>
  record({ targets: [target({ verdicts: verdicts.map((part) => verdict(part)) })] });

describe("verdicts of several runs", () => {
  it("that are alike are steady", () => {
    expect(compareVerdicts([run({}), run({}), run({})])).toEqual({ runs: 3, verdicts: 3, changed: [], blamed: [] });
  });

  it("that differ are told with how often, and why", () => {
    const result = compareVerdicts([
      run({}),
      run({ verdict: "inconclusive", reason: "the generator was late" }),
      run({}),
    ]);
    expect(result).toMatchObject({ changed: [{ counts: { pass: 2, inconclusive: 1 } }], blamed: [] });
    expect(renderSoak(result)).toContain("2 pass, 1 inconclusive\n  inconclusive: the generator was late");
  });

  it("that some run lacks have changed", () => {
    expect(compareVerdicts([run({}), run()]).changed).toHaveLength(1);
  });

  it("that blame in all runs are steady, and still told", () => {
    const bad = record({ targets: [target({ verdicts: [failure()] })] });
    expect(compareVerdicts([bad, bad])).toMatchObject({ changed: [], blamed: [{ counts: { fail: 2 } }] });
  });

  it("are told apart by site", () => {
    expect(compareVerdicts([run({}, { site: "fastify", verdict: "fail" })]).changed).toEqual([]);
  });
});
