import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { ManagedProcess } from "../process/managed-process.ts";
import { isRunning } from "../process/process-group.ts";
import { NO_PROCESSES } from "../process/process-table.ts";
import { waitUntil } from "../process/wait-until.ts";
import { bootTarget } from "./boot.ts";
import { define, get, options, signal, single } from "./fixtures/define.ts";
import { stopTarget } from "./stop.ts";

test("a daemon is signalled by its pid file, stopped, and waited for", async () => {
  const definition = define(
    `${single}
main: {pidfile: "\${workspace}/run/main.pid"}
actions: {reload: {signal: HUP}, rotate: {command: ["\${node}", -p, "'done ' + process.argv[1]", "\${site}"]}}`,
    { mode: "daemon, --pidfile, '${workspace}/run/main.pid'" },
  );
  await using target = await bootTarget(definition, options);
  const pid = await target.mainPid("main");
  expect(target.processes().map((facts) => facts.pid)).toEqual([pid]);
  await target.deploy("main");
  expect((await target.act("reload", "main", signal)).error).toBeUndefined();
  expect(await waitUntil(async () => ((await get(target)) as { generation: number }).generation === 2, 5_000)).toBe(
    true,
  );
  expect(await target.act("rotate", "main", signal)).toMatchObject({ output: "done main" });
  expect(await target.stop(signal)).toMatchObject({ exitCode: null, killed: false, leftOver: [] });
  expect(isRunning(pid)).toBe(false);
});

test("a daemon that nobody stopped is ended with the target", async () => {
  let pid = 0;
  {
    await using target = await bootTarget(
      define(`${single}\nmain: {command: [cat, "\${workspace}/run/main.pid"]}`, {
        mode: "daemon, --pidfile, '${workspace}/run/main.pid'",
      }),
      options,
    );
    pid = await target.mainPid("main");
    expect(isRunning(pid)).toBe(true);
  }
  expect(isRunning(pid)).toBe(false);
});

test("a stop by a command that waits for its end is asked for before that", async () => {
  const stop = `{command: [sh, -c, "until [ -e \${workspace}/answered ]; do sleep 0.05; done; kill -TERM $(cat \${workspace}/run/main.pid)"]}`;
  const definition = define(`${single}\nmain: {pidfile: "\${workspace}/run/main.pid"}\nactions: {stop: ${stop}}`, {
    mode: "daemon, --pidfile, '${workspace}/run/main.pid'",
  });
  await using target = await bootTarget(definition, options);
  const asked = (): void => writeFileSync(path.join(target.workspace.root, "answered"), "");
  const outcome = await target.stop(signal, asked);
  expect(outcome).toMatchObject({ killed: false, leftOver: [] });
  expect(outcome.error).toBeUndefined();
});

test("the end of a process that a reload had replaced is not that of the one that is stopped", async () => {
  const NOBODY = 2 ** 22 + 1;
  // It goes while its successor takes the pid file over, be it before or after that names the one to wait for.
  for (const goes of ["before", "after"] as const) {
    const ended = { code: 1, signal: null };
    let exit: ManagedProcess["exit"];
    const child = {
      pid: NOBODY,
      end: async () => exit,
      get exit() {
        return exit;
      },
    } as unknown as ManagedProcess;
    const go = (): void => void (exit ??= { ...ended, atMs: performance.now() });
    const stop = await stopTarget({
      child,
      table: NO_PROCESSES,
      drainMs: 100,
      signal,
      mainPid: async () => {
        if (goes === "before") go();
        return NOBODY;
      },
      ask: async () => {
        go();
        const startedMs = performance.now();
        return { startedMs, returnedMs: startedMs };
      },
    });
    expect(stop).toMatchObject({ exitCode: null, signal: null, killed: false });
    expect(stop.exitedMs).toBeGreaterThanOrEqual(stop.startedMs);
  }
});

test("what outlives the stop is left over, reported and killed", async () => {
  await using target = await bootTarget(define(`${single}\nactions: {reopen: {signal: USR1}}`), options);
  await target.act("reopen", "main", signal);
  expect(await waitUntil(async () => (await target.output()).includes("started a child"), 5_000)).toBe(true);
  const stop = await target.stop(signal);
  expect(stop.killed).toBe(false);
  expect(stop.leftOver.map(({ command }) => command)).toEqual(["sleep 600"]);
  expect(stop.leftOver.some(({ pid }) => isRunning(pid))).toBe(false);
});

test("an interrupt ends a target that ignores TERM within seconds", async () => {
  const interrupt = new AbortController();
  const target = await bootTarget(define(single, { mode: "stubborn" }), { ...options, signal: interrupt.signal });
  const pid = await target.mainPid("main");
  interrupt.abort();
  const started = performance.now();
  await target[Symbol.asyncDispose]();
  expect(performance.now() - started).toBeLessThan(5_000);
  expect(isRunning(pid)).toBe(false);
});
