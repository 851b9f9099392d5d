import path from "node:path";
import { expect, test } from "vitest";
import { burstFaults, readingsOf } from "../../harness/checkers/log-reading.ts";
import { whyControlUnsound } from "../../harness/judge.ts";
import type { History } from "../../harness/spec/history.ts";
import { runSuite } from "../../harness/suite.ts";
import packageJson from "../../package.json" with { type: "json" };
import { scenarios } from "../../scenarios/index.ts";

interface Saboteur {
  /** Its folder. */
  readonly name: string;
  /** Id of the scenario that exposes it. */
  readonly scenario: string;
  /** Rules that have to fail, and what each has to say that it saw. */
  readonly caughtBy: Readonly<Record<string, RegExp>>;
  /** Rules that may fail too: that depends on where the moment falls. */
  readonly perhaps: readonly string[];
  /** Rules that it obeys, and that have to say so. */
  readonly cleared: readonly string[];
}

const saboteurs: readonly Saboteur[] = [
  {
    name: "restart",
    scenario: "reload/under-load",
    caughtBy: {
      "availability/reload-loses-nothing": /[1-9]\d* of \d+ requests lost in 5 reloads: .*\b(refused|reset)/,
      "availability/old-serves-until-new-ready": /longest time without a good answer \d{3,} ms/,
      "connections/in-flight-completes": /^5 of 5 requests in flight did not complete$/,
    },
    perhaps: ["availability/stall-bounded", "connections/close-announced"],
    cleared: [
      "generation/new-code-serves",
      "generation/every-worker-replaced",
      "resources/no-zombies",
      "logging/ids-reconcile",
    ],
  },
  {
    name: "copytruncate",
    scenario: "rotation/mid-burst",
    caughtBy: {
      "rotation/mid-burst-loses-nothing": /burst "plain": \d+ of 200000 records .*; burst "reload": \d+ of 200000/,
      "rotation/during-reload": /reload 1 settled after \d+ ms, [1-9]\d* rotations meanwhile/,
      // Looking at the size from outside, it always comes after the limit.
      "rotation/size-and-count": /largest file \d+ bytes/,
    },
    perhaps: ["rotation/record-boundaries"],
    cleared: [],
  },
];

const packageRoot = path.resolve(import.meta.dirname, "../..");

test.for(saboteurs)("the suite catches the saboteur $name", async (saboteur, { signal }) => {
  const phases: History[] = [];
  const record = await runSuite({
    targets: [path.join(import.meta.dirname, saboteur.name, "target.yaml")],
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
  expect(target).toMatchObject({ status: "ok", reason: "", scenarios: [{ id: saboteur.scenario, status: "fail" }] });

  // Without reload and rotation it is as sound as any: what fails is the fault of these.
  const control = phases.find(({ phase }) => phase === "control");
  expect(control).toBeDefined();
  expect(control && whyControlUnsound(control)).toBeUndefined();
  expect(control && readingsOf(control).flatMap(burstFaults)).toEqual([]);

  for (const [rule, seen] of Object.entries(saboteur.caughtBy)) {
    const verdict = verdicts.find(({ requirement }) => requirement === rule);
    console.log(`${saboteur.name}: ${rule}: ${verdict?.verdict}: ${verdict?.observed}`);
    expect(verdict).toMatchObject({ verdict: "fail", observed: expect.stringMatching(seen) });
    expect(verdict?.evidence).not.toEqual([]);
  }
  const blamed = verdicts.filter(({ verdict }) => verdict === "fail" || verdict === "warn");
  const expected = [...Object.keys(saboteur.caughtBy), ...saboteur.perhaps];
  expect(blamed.map(({ requirement }) => requirement).filter((rule) => !expected.includes(rule))).toEqual([]);
  const passed = verdicts.filter(({ verdict }) => verdict === "pass").map(({ requirement }) => requirement);
  expect(passed).toEqual(expect.arrayContaining([...saboteur.cleared]));
});
