import { describe, expect, it } from "vitest";
import { conclusionOf, explained, matrixOf } from "./conclusion.ts";
import { failure, fullRecord, record, scenario, target, verdict } from "./sample-record.ts";

const missing = target({ status: "unavailable", reason: "no", scenarios: [], verdicts: [] });
const unsure = target({ verdicts: [verdict(), verdict({ verdict: "inconclusive" })] });
const failed = target({ verdicts: [verdict(), failure()] });

describe("conclusion of a run", () => {
  it.each([
    ["conformant", record()],
    ["conformant", record({ targets: [target({ verdicts: [verdict({ level: "SHOULD", verdict: "warn" })] })] })],
    ["known-failures-only", record({ targets: [target({ verdicts: [failure({ verdict: "known-failure" })] })] })],
    ["inconclusive", record({ targets: [target(), unsure] })],
    ["did-not-boot", record({ targets: [unsure, missing] })],
    ["did-not-boot", record({ targets: [target({ scenarios: [scenario({ status: "setup-failed" })] })] })],
    ["not-conformant", record({ targets: [missing, unsure, failed] })],
    ["interrupted", record({ targets: [failed], interrupted: true })],
  ] as const)("is %s", (expected, subject) => {
    expect(conclusionOf(subject)).toBe(expected);
  });

  it("is never conformance where nothing was decided", () => {
    const silent = target({
      scenarios: [scenario({ status: "unsupported" })],
      verdicts: [verdict({ verdict: "unsupported" })],
    });
    expect(conclusionOf(record({ targets: [silent] }))).toBe("inconclusive");
    expect(conclusionOf(record({ targets: [target({ scenarios: [], verdicts: [] })] }))).toBe("inconclusive");
    expect(conclusionOf(record({ targets: [] }))).toBe("inconclusive");
  });

  it("takes the status of a scenario into account that led to no verdict", () => {
    const crashed = target({ scenarios: [scenario({ status: "inconclusive" })], verdicts: [verdict()] });
    expect(conclusionOf(record({ targets: [crashed] }))).toBe("inconclusive");
  });
});

describe("matrix of a target", () => {
  it("counts the worst of several verdicts on one rule and site", () => {
    const { sites, rows } = matrixOf(target({ verdicts: [verdict(), failure(), verdict({ site: "fastify" })] }));
    expect(sites).toEqual(["express", "fastify"]);
    expect(rows).toHaveLength(1);
    expect([...(rows[0]?.bySite ?? [])]).toEqual([
      ["express", "fail"],
      ["fastify", "pass"],
    ]);
    expect(rows[0]?.worst).toBe("fail");
  });

  it("has a row for each rule of the sample", () => {
    const [first] = fullRecord().targets;
    expect(first && matrixOf(first).rows).toHaveLength(6);
  });

  it("has the rules in the order of the catalogue, and at the end those that it does not know", () => {
    const ids = ["proxy/upstream-reload-hidden", "future/rule", "availability/ab-ten-thousand", "resources/no-zombies"];
    const { rows } = matrixOf(target({ verdicts: ids.map((requirement) => verdict({ requirement })) }));
    expect(rows.map(({ requirement }) => requirement)).toEqual([ids[2], ids[3], ids[0], ids[1]]);
  });
});

describe("what is to be explained", () => {
  it("is each failure by itself, and a doubt about a whole replay once", () => {
    const late = { verdict: "inconclusive", reason: "the generator was late" } as const;
    const verdicts = [
      verdict({ ...late, requirement: "a/one" }),
      failure({ requirement: "a/two" }),
      verdict({ ...late, requirement: "a/three" }),
      failure({ requirement: "a/four" }),
      verdict({ ...late, requirement: "a/one", site: "fastify" }),
      verdict({ verdict: "inconclusive", reason: "nothing was tried", requirement: "a/five" }),
    ];
    expect(explained(verdicts).map(({ rules }) => rules)).toEqual([
      ["a/one", "a/three"],
      ["a/two"],
      ["a/four"],
      ["a/one"],
      ["a/five"],
    ]);
  });
});
