import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { burstFaults, readingsOf } from "../../harness/checkers/log-reading.ts";
import { whyControlUnsound } from "../../harness/judge.ts";
import type { History } from "../../harness/spec/history.ts";
import type { TargetRecord } from "../../harness/spec/run-record.ts";
import { runSuite } from "../../harness/suite.ts";
import packageJson from "../../package.json" with { type: "json" };
import { scenarios } from "../../scenarios/index.ts";
import { SABOTEURS } from "./planted/index.ts";
import type { Saboteur } from "./planted/saboteur.ts";
import { SOUND } from "./planted/sound.ts";
import { Score } from "./score.ts";

/*
 * Each saboteur is run on the scenario that exposes it, and has to be caught; each sound server is run on all, and must not be
 * accused. HUPSPEC_SABOTEUR=NAME,GLOB chooses some of either; `quick`, which is what every run of the tests does, those that
 * are marked so.
 */

const packageRoot = path.resolve(import.meta.dirname, "../..");
const score = new Score(path.join(packageRoot, "reports", "out"));
const chosen = (process.env["HUPSPEC_SABOTEUR"] ?? "quick").split(",");

afterAll(async () => {
  console.log(await score.write());
});

test.for(SABOTEURS.filter(isChosen))("the suite catches the saboteur $name", async (saboteur, { signal }) => {
  const phases: History[] = [];
  const { verdicts, ...target } = await judged(saboteur.target, {
    only: [saboteur.site ? `${saboteur.target}/${saboteur.site}/${saboteur.scenario}` : saboteur.scenario],
    targetEnv: faultEnv(saboteur),
    env: process.env,
    signal,
    onHistories: async (_: string, histories: readonly History[]) => void phases.push(...histories),
  });
  score.planted(saboteur, verdicts);

  const undecided = verdicts.filter(({ verdict }) => verdict === "inconclusive");
  const promised = Object.keys(saboteur.caughtBy);
  // A fault may well take away what another rule needs to decide anything.
  expect(undecided.filter(({ requirement }) => promised.includes(requirement))).toEqual([]);
  expect(target).toMatchObject({ status: "ok", reason: "", scenarios: [{ id: saboteur.scenario }] });

  // Without reload and rotation it is as sound as any: what fails is the fault of these.
  const control = phases.find(({ phase }) => phase === "control");
  expect(control).toBeDefined();
  expect(control && whyControlUnsound(control)).toBeUndefined();
  expect(control && readingsOf(control).flatMap(burstFaults)).toEqual([]);

  for (const [rule, seen] of Object.entries(saboteur.caughtBy)) {
    const verdict = verdicts.find(({ requirement }) => requirement === rule);
    const wanted = verdict ? BLAME[verdict.level] : "fail";
    expect(verdict).toMatchObject({ verdict: wanted, observed: expect.stringMatching(seen) });
    if (wanted !== "info") expect(verdict?.evidence).not.toEqual([]);
  }
  const expected = [...promised, ...(saboteur.perhaps ?? [])];
  expect(blamed(verdicts).filter((rule) => !expected.includes(rule))).toEqual([]);
  const passed = verdicts.filter(({ verdict }) => verdict === "pass").map(({ requirement }) => requirement);
  expect(passed).toEqual(expect.arrayContaining([...(saboteur.cleared ?? [])]));
});

test.for(SOUND.filter(isChosen))("nothing accuses $name", { timeout: 900_000 }, async (sound, { signal }) => {
  const env = { ...process.env, ...sound.env };
  const { verdicts, ...target } = await judged(sound.target, { only: sound.only ?? [], env, signal });
  score.sound(sound.name, verdicts);
  expect(target).toMatchObject({ status: "ok", reason: "" });
  expect(verdicts.filter(({ verdict }) => verdict === "pass")).not.toEqual([]);
  const accused = verdicts.filter(({ requirement }) => blamed(verdicts).includes(requirement));
  expect(accused.map(({ requirement, scenario, observed }) => `${scenario}: ${requirement}: ${observed}`)).toEqual([]);
});

const BLAME = { MUST: "fail", SHOULD: "warn", BEST: "info", CHECK: "info" } as const;

function isChosen({ name, quick }: { readonly name: string; readonly quick?: true }): boolean {
  return (chosen.includes("quick") && quick === true) || chosen.some((glob) => path.matchesGlob(name, glob));
}

function blamed(verdicts: TargetRecord["verdicts"]): readonly string[] {
  return verdicts
    .filter(({ verdict }) => verdict === "fail" || verdict === "warn")
    .map(({ requirement }) => requirement);
}

type JudgedOptions = Pick<Parameters<typeof runSuite>[0], "only" | "env" | "signal" | "targetEnv" | "onHistories">;

async function judged(target: string, options: JudgedOptions): Promise<TargetRecord> {
  const record = await runSuite({
    ...options,
    targets: [target.includes("/") ? path.join(import.meta.dirname, target) : target],
    packageRoot,
    hupspecVersion: packageJson.version,
    scenarios,
    cwd: packageRoot,
    command: "npm run saboteurs",
    onProgress: () => undefined,
  });
  const [judgedTarget] = record.targets;
  if (!judgedTarget) throw new Error(`expected ${target} in the record`);
  return judgedTarget;
}

function faultEnv({ fault, env = {} }: Saboteur): Record<string, string> {
  return fault === undefined
    ? env
    : { ...env, NODE_OPTIONS: `--import=${path.join(import.meta.dirname, "faults", `${fault}.ts`)}` };
}
