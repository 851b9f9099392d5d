import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKERS } from "../harness/checkers/index.ts";
import { REQUIREMENTS } from "../harness/spec/catalogue.ts";
import { CATALOGUE_CHANGES } from "../harness/spec/catalogue-changes.ts";
import { GROUPS, groupOf } from "../harness/spec/groups.ts";
import { renderSpecification } from "../reports/specification.ts";
import { SABOTEURS } from "../servers/saboteurs/planted/index.ts";
import { scenarios } from "./index.ts";

/* The catalogue is whole: each rule is written, decided, proven and published, and nothing speaks of a rule that is not there. */

const ROOT = path.resolve(import.meta.dirname, "..");
const ids: readonly string[] = REQUIREMENTS.map(({ id }) => id);

describe("every rule", () => {
  it("has an id of its own, in a group that is described", () => {
    expect(new Set(ids).size).toBe(ids.length);
    const groups: readonly string[] = GROUPS.map(({ id }) => id);
    expect(ids.filter((id) => !groups.includes(groupOf(id)))).toEqual([]);
    expect(ids.filter((id) => !/^[a-z]+\/[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  it("says in one sentence what it demands, and why", () => {
    expect(REQUIREMENTS.filter(({ sentence }) => !/^[^.]+[^.]*\.$/.test(sentence)).map(({ id }) => id)).toEqual([]);
    expect(REQUIREMENTS.filter(({ why }) => why.length < 60).map(({ id }) => id)).toEqual([]);
  });

  it("names the public threads that show the failure by owner, repository and number", () => {
    const wrong = REQUIREMENTS.flatMap(({ id, evidence }) =>
      evidence.filter((one) => one.includes("#") && !/^[\w.-]+\/[\w.-]+#\d+$/.test(one)).map((one) => `${id}: ${one}`),
    );
    expect(wrong).toEqual([]);
  });

  it("is decided by a scenario", () => {
    const decided = new Set(scenarios.flatMap(({ decides }) => decides));
    expect(ids.filter((id) => !decided.has(id))).toEqual([]);
  });

  it("has a checker", () => {
    expect(ids.filter((id) => CHECKERS[id] === undefined)).toEqual([]);
  });

  it("has a saboteur that it catches", () => {
    const proven = new Set(SABOTEURS.flatMap(({ caughtBy }) => Object.keys(caughtBy)));
    expect(ids.filter((id) => !proven.has(id))).toEqual([]);
  });

  it("was published under its id, and none that was has gone without notice", () => {
    const added = CATALOGUE_CHANGES.flatMap((change) => change.added);
    const retired = new Set(CATALOGUE_CHANGES.flatMap((change) => change.retired));
    expect(new Set(added).size).toBe(added.length);
    expect(added.filter((id) => !retired.has(id)).toSorted()).toEqual(ids.toSorted());
  });
});

describe("nothing else", () => {
  it("is decided by a scenario", () => {
    expect(scenarios.flatMap(({ decides }) => decides).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("has a checker", () => {
    expect(Object.keys(CHECKERS).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("is what a saboteur has to be caught by", () => {
    const wrong = SABOTEURS.flatMap(({ name, scenario, caughtBy, perhaps = [], cleared = [] }) => {
      const decides = scenarios.find(({ id }) => id === scenario)?.decides ?? [];
      const named = [...Object.keys(caughtBy), ...perhaps, ...cleared];
      return named.filter((id) => !decides.includes(id)).map((id) => `${name}: ${scenario} does not decide ${id}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe("scenarios and saboteurs", () => {
  it("have names of their own", () => {
    for (const names of [scenarios.map(({ id }) => id), SABOTEURS.map(({ name }) => name)]) {
      expect(names.filter((name, place) => names.indexOf(name) !== place)).toEqual([]);
    }
  });

  it("a scenario has the path of its file for an id", () => {
    expect(
      scenarios.filter(({ id }) => !existsSync(path.join(ROOT, "scenarios", `${id}.ts`))).map(({ id }) => id),
    ).toEqual([]);
  });

  it("a saboteur's fault is a file", () => {
    const faults = SABOTEURS.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
    const folder = path.join(ROOT, "servers", "saboteurs", "faults");
    expect(faults.filter((fault) => !existsSync(path.join(folder, `${fault}.ts`)))).toEqual([]);
  });
});

describe("SPEC.md", () => {
  it("is current: node scenarios/write-specification.ts renews it", () => {
    const parts = { groups: GROUPS, requirements: REQUIREMENTS, scenarios, changes: CATALOGUE_CHANGES };
    expect(readFileSync(path.join(ROOT, "SPEC.md"), "utf8")).toBe(renderSpecification(parts));
  });
});
