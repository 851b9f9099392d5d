import path from "node:path";
import { expect, test } from "vitest";
import { burstFaults, readingsOf } from "../../harness/checkers/log-reading.ts";
import { whyControlUnsound } from "../../harness/judge.ts";
import type { History } from "../../harness/spec/history.ts";
import { runSuite } from "../../harness/suite.ts";
import packageJson from "../../package.json" with { type: "json" };
import { scenarios } from "../../scenarios/index.ts";
import { SABOTEURS } from "./planted/index.ts";
import type { Saboteur } from "./planted/saboteur.ts";

/*
 * Each saboteur is run on the scenario that exposes it, and has to be caught. HUPSPEC_SABOTEUR=NAME,GLOB chooses some; `quick`,
 * which is what every run of the tests does, those that are marked so.
 */

const chosen = (process.env["HUPSPEC_SABOTEUR"] ?? "quick").split(",");
const saboteurs = SABOTEURS.filter(
  ({ name, quick }) => (chosen.includes("quick") && quick) || chosen.some((glob) => path.matchesGlob(name, glob)),
);

const packageRoot = path.resolve(import.meta.dirname, "../..");

test.for(saboteurs)("the suite catches the saboteur $name", async (saboteur, { signal }) => {
  const phases: History[] = [];
  const record = await runSuite({
    targets: [saboteur.target.includes("/") ? path.join(import.meta.dirname, saboteur.target) : saboteur.target],
    targetEnv: faultEnv(saboteur),
    only: [saboteur.scenario],
    packageRoot,
    hupspecVersion: packageJson.version,
    scenarios,
    env: process.env,
    cwd: packageRoot,
    signal,
    command: "npm run test:saboteurs",
    onProgress: () => undefined,
    onHistories: async (_, histories) => void phases.push(...histories),
  });

  const [target] = record.targets;
  const verdicts = target?.verdicts ?? [];
  const undecided = verdicts.filter(({ verdict }) => verdict === "inconclusive");
  expect(undecided.map(({ requirement, reason }) => `${requirement}: ${reason}`)).toEqual([]);
  expect(target).toMatchObject({ status: "ok", reason: "", scenarios: [{ id: saboteur.scenario }] });

  // Without reload and rotation it is as sound as any: what fails is the fault of these.
  const control = phases.find(({ phase }) => phase === "control");
  expect(control).toBeDefined();
  expect(control && whyControlUnsound(control)).toBeUndefined();
  expect(control && readingsOf(control).flatMap(burstFaults)).toEqual([]);

  for (const [rule, seen] of Object.entries(saboteur.caughtBy)) {
    const verdict = verdicts.find(({ requirement }) => requirement === rule);
    console.log(`${saboteur.name}: ${rule}: ${verdict?.verdict}: ${verdict?.observed}`);
    const wanted = verdict ? BLAME[verdict.level] : "fail";
    expect(verdict).toMatchObject({ verdict: wanted, observed: expect.stringMatching(seen) });
    expect(verdict?.evidence).not.toEqual([]);
  }
  const blamed = verdicts.filter(({ verdict }) => verdict === "fail" || verdict === "warn");
  const expected = [...Object.keys(saboteur.caughtBy), ...(saboteur.perhaps ?? [])];
  expect(blamed.map(({ requirement }) => requirement).filter((rule) => !expected.includes(rule))).toEqual([]);
  const passed = verdicts.filter(({ verdict }) => verdict === "pass").map(({ requirement }) => requirement);
  expect(passed).toEqual(expect.arrayContaining([...(saboteur.cleared ?? [])]));
});

const BLAME = { MUST: "fail", SHOULD: "warn", BEST: "info", CHECK: "info" } as const;

function faultEnv({ fault }: Saboteur): Record<string, string> {
  return fault === undefined
    ? {}
    : { NODE_OPTIONS: `--import=${path.join(import.meta.dirname, "faults", `${fault}.ts`)}` };
}
