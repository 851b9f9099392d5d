import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { jobsLeft, jobsOf, whyUnsupported } from "./jobs.ts";
import type { Scenario } from "./spec/scenario.ts";
import { findTarget } from "./targets/catalogue.ts";
import type { TargetDefinition } from "./targets/target-definition.ts";

const packageRoot = path.resolve(import.meta.dirname, "..");
let stack: TargetDefinition;
let prefork: TargetDefinition;

beforeAll(async () => {
  stack = await findTarget("stack", packageRoot, packageRoot);
  prefork = await findTarget("prefork", packageRoot, packageRoot);
});

function scenario(id: string, facts: Partial<Scenario> = {}): Scenario {
  return {
    id,
    title: id,
    decides: ["availability/reload-loses-nothing"],
    roles: ["app-server", "stack"],
    actions: ["reload"],
    capabilities: [],
    workers: 2,
    drive: async () => undefined,
    ...facts,
  };
}

function namesOf(
  definition: TargetDefinition,
  scenarios: readonly Scenario[],
  only: readonly string[] = [],
  thorough = false,
) {
  return jobsOf(definition, { scenarios, only, thorough }).map(({ site, scenario }) => `${site} ${scenario.id}`);
}

describe("jobs of a target", () => {
  it("are each scenario on each site", () => {
    expect(namesOf(stack, [scenario("a/x")])).toEqual(["node-http a/x", "express a/x", "fastify a/x"]);
  });

  it("take the sites in turn where one will do, and each of them in a thorough run", () => {
    const scenarios = ["a/x", "a/y", "a/z", "b/x"].map((id) => scenario(id, { sites: "one" }));
    expect(namesOf(stack, scenarios)).toEqual(["node-http a/x", "express a/y", "fastify a/z", "node-http b/x"]);
    expect(namesOf(stack, scenarios, [], true)).toHaveLength(12);
  });

  it("choose a site that can do it", () => {
    expect(namesOf(stack, [scenario("a/x", { sites: "one", capabilities: ["compression"] })])).toEqual(["express a/x"]);
  });

  it("are chosen by scenario, by rule, and on any site by the full name", () => {
    const scenarios = [scenario("a/x", { sites: "one" }), scenario("a/y", { decides: ["resources/no-zombies"] })];
    expect(namesOf(stack, scenarios, ["a/x"])).toEqual(["node-http a/x"]);
    expect(namesOf(stack, scenarios, ["resources/*"])).toHaveLength(3);
    expect(namesOf(stack, scenarios, ["stack/fastify/a/x"])).toEqual(["fastify a/x"]);
  });
});

describe("a job that would decide nothing", () => {
  const whyNot = (decides: readonly string[]) =>
    jobsOf(prefork, { scenarios: [scenario("a/x", { decides })], only: [] }).map(whyUnsupported);

  it("costs no replay: each of its rules speaks of others, or needs what the target does not have", () => {
    expect(whyNot(["proxy/upstream-reload-hidden", "rotation/compression-safe"])).toEqual([
      "each of its rules speaks of another role, or of a capability that the target does not have",
    ]);
  });

  it("is one only if none of its rules can be decided", () => {
    expect(whyNot(["proxy/upstream-reload-hidden", "availability/reload-loses-nothing"])).toEqual([undefined]);
  });
});

describe("a part of what was judged as a whole", () => {
  it("is left with what the whole could not decide", () => {
    const scenarios = [
      scenario("a/both"),
      scenario("a/alone", { roles: ["app-server"], decides: ["generation/new-code-serves"] }),
      scenario("a/variant", { variant: "preload", decides: ["resources/no-zombies"] }),
    ];
    const done = jobsOf(stack, { scenarios, only: [] });
    const left = jobsLeft(jobsOf(prefork, { scenarios, only: [] }), done);
    // Neither of them can do the variant.
    expect(left.map(({ scenario }) => scenario.id)).toEqual(["a/alone"]);
  });
});
