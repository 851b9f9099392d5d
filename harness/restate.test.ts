import * as fc from "fast-check";
import { expect, test } from "vitest";
import { scenario, target } from "../reports/sample-record.ts";
import { verdictOf } from "./judge.ts";
import { restate, restateTarget } from "./restate.ts";
import { REQUIREMENTS } from "./spec/catalogue.ts";
import type { Finding } from "./spec/verdict.ts";
import type { KnownFailure } from "./targets/schema.ts";
import { parseTargetFile } from "./targets/target-definition.ts";

const PLACE = { scenario: "reload/under-load", site: "main", repeat: "npx hupspec run" };
const RULE = "connections/close-announced";

const findings: fc.Arbitrary<Finding> = fc.oneof(
  fc.record({ outcome: fc.constant("held" as const), trials: fc.nat(), observed: fc.string() }),
  fc.record({ outcome: fc.constant("observed" as const), trials: fc.nat(), observed: fc.string() }),
  fc.record({ outcome: fc.constantFrom("unsupported" as const, "inconclusive" as const), reason: fc.string() }),
  fc.nat(99).chain((violations) =>
    fc.record({
      outcome: fc.constant("violated" as const),
      trials: fc.integer({ min: violations, max: 1_000 }),
      violations: fc.constant(violations),
      expected: fc.string(),
      observed: fc.string(),
      evidence: fc.constant([{ kind: "request" as const, text: "reset" }]),
    }),
  ),
);
const listed: fc.Arbitrary<KnownFailure | undefined> = fc.option(
  fc.record({ requirement: fc.constant(RULE), reason: fc.string(), intermittent: fc.boolean() }),
  { nil: undefined },
);

test("a verdict that is restated is the one that another entry would have led to", () => {
  fc.assert(
    fc.property(fc.constantFrom(...REQUIREMENTS), findings, listed, listed, (rule, finding, before, after) => {
      const restated = restate(verdictOf(rule, finding, before, PLACE), after);
      expect(restated).toEqual(verdictOf(rule, finding, after, PLACE));
    }),
  );
});

const definition = (knownFailures: string) =>
  parseTargetFile(
    `hupspec: 1\nname: x\nrole: app-server\napp: none\nstart: [x]\nurl: "http://127.0.0.1:\${port}"\n` +
      `actions: {reload: {signal: HUP}}\nknownFailures: [${knownFailures}]`,
    "/x/target.yaml",
    "/apps",
  );

test("the scenarios of a target are as bad as their verdicts then are, and one that did not boot stays so", () => {
  const finding = { outcome: "violated", trials: 1, violations: 1, expected: "", observed: "", evidence: [] } as const;
  const rule = REQUIREMENTS.find(({ id }) => id === "availability/reload-loses-nothing");
  if (!rule) throw new Error("expected the rule");
  const before = target({
    scenarios: [
      scenario({ id: PLACE.scenario, site: PLACE.site, status: "fail" }),
      scenario({ id: "reload/once", site: PLACE.site, status: "setup-failed" }),
    ],
    verdicts: [verdictOf(rule, finding, undefined, PLACE)],
  });
  const after = restateTarget(before, definition("{requirement: availability/reload-loses-nothing, reason: why}"));
  expect(after.verdicts[0]).toMatchObject({ verdict: "known-failure", reason: "why" });
  expect(after.scenarios.map(({ status }) => status)).toEqual(["known-failure", "setup-failed"]);
  expect(restateTarget(after, definition("")).scenarios).toEqual(before.scenarios);
});
