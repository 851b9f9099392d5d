import path from "node:path";
import { expect, test } from "vitest";
import { isRunning } from "../process/process-group.ts";
import { waitUntil } from "../process/wait-until.ts";
import type { BootSeen } from "../spec/observation.ts";
import type { Scenario } from "../spec/scenario.ts";
import { bootTarget } from "../targets/boot.ts";
import { parseTargetFile } from "../targets/target-definition.ts";
import { bootAnother, restart } from "./boots.ts";
import { createContext } from "./context.ts";
import { HistoryRecorder } from "./recorder.ts";

const fixtures = path.join(import.meta.dirname, "../targets/fixtures");
const signal = AbortSignal.timeout(60_000);
const runId = `test-boots-${process.pid}`;

/** A shell that boots for a second, and has no handler for HUP until it has become the server. */
const definition = parseTargetFile(
  `hupspec: 1
name: fixture
role: app-server
start: [sh, -c, 'sleep 1; exec "$@"', fixture, "\${node}", "\${targetDir}/server.ts", --port, "\${port}"]
url: http://127.0.0.1:\${port}
probe: {path: /, generation: {header: x-app-version}}
actions: {reload: {signal: HUP}}
settleMs: 300`,
  path.join(fixtures, "target.yaml"),
  fixtures,
);

async function booted() {
  const target = await bootTarget(definition, { runId, signal, env: process.env });
  const recorder = new HistoryRecorder();
  const plan = { target, site: "main", phase: "trial", runId, signal, thorough: false } as const;
  const context = createContext({ ...plan, scenario: { id: "fixture/boots" } as Scenario }, recorder, 0);
  return { target, context, seen: () => recorder.observations.at(-1) as BootSeen, recorder };
}

test("another instance that was asked early may die of it, one that was asked late takes the next release too", async () => {
  const { target, context, seen, recorder } = await booted();
  await using _ = target;
  expect(await bootAnother(context, { name: "early", askAfterMs: 0 })).toBe(false);
  expect(seen()).toMatchObject({ name: "early", readyMs: Number.NaN, mainPidAfter: 0, reloadedMs: Number.NaN });
  expect(seen().error).toContain("SIGHUP");
  expect(await bootAnother(context, { name: "late", askAfterMs: 2_000 })).toBe(true);
  const { startedMs, readyMs, askedMs, reloadedMs, mainPid, mainPidAfter, error } = seen();
  expect(error).toBeUndefined();
  expect([startedMs, readyMs, askedMs, reloadedMs]).toEqual(
    [startedMs, readyMs, askedMs, reloadedMs].toSorted((a, b) => a - b),
  );
  expect(mainPidAfter).toBe(mainPid);
  expect(isRunning(mainPid)).toBe(false);
  // What was done to the other one is no action on the target.
  expect(recorder.actions).toEqual([]);
});

test("another instance that nobody asks anything boots in peace, then takes the next release", async () => {
  const { target, context, seen } = await booted();
  await using _ = target;
  expect(await bootAnother(context, { name: "left-alone" })).toBe(true);
  const { askedMs, readyMs, reloadedMs, error } = seen();
  expect([error, askedMs]).toEqual([undefined, Number.NaN]);
  expect(reloadedMs).toBeGreaterThan(readyMs);
});

test("a target whose process is gone is started once more; an answer that names no new process does not count", async () => {
  const { target, context, seen } = await booted();
  await using _ = target;
  const pid = await target.mainPid("main");
  process.kill(pid, "SIGKILL");
  expect(
    await waitUntil(
      () =>
        target.mainPid("main").then(
          () => false,
          () => true,
        ),
      5_000,
    ),
  ).toBe(true);
  await restart(context, "restart");
  expect(seen()).toMatchObject({ name: "restart", error: "no process answered that had not answered before" });
  expect(seen().mainPid).not.toBe(pid);
  expect(isRunning(seen().mainPid)).toBe(true);
});
