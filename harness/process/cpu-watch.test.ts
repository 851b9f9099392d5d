import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { watchCpu } from "./cpu-watch.ts";
import { startProcess } from "./managed-process.ts";
import { createProcessTable } from "./process-table.ts";
import { waitUntil } from "./wait-until.ts";

const shell = (script: string, marker: string) =>
  startProcess({
    command: "/bin/sh",
    args: ["-c", script],
    cwd: "/",
    env: { PATH: process.env["PATH"] },
    stdin: "pipe",
    stdout: "captured",
    stderr: "captured",
    marker,
  });

const forgetting = new AbortController().signal;

test("tells of a process that spins how long it ran, and how long it waited for a core", async () => {
  const runId = `cpu-watch-${process.pid}-1`;
  const spin = "while :; do :; done";
  const core = /^Cpus_allowed_list:\s*(\d+)/m.exec(await readFile("/proc/self/status", "utf8"))?.[1];
  // Two that share one core: each of them gets the half of it, at most.
  await using spinners = await shell(`taskset -p -c ${core} $$ >&2; (${spin}) & ${spin}`, runId);
  const table = createProcessTable({ runId, rootPid: spinners.pid });
  expect(await waitUntil(() => table.read().length === 2, 5_000)).toBe(true);
  const startedMs = performance.now();
  const { busiest } = await watchCpu(table, 1_000, forgetting);
  const seconds = (performance.now() - startedMs) / 1_000;
  expect(busiest?.queuedSeconds).toBeGreaterThan(0.3);
  expect((busiest?.cpuSeconds ?? 0) + (busiest?.queuedSeconds ?? 0)).toBeGreaterThan(0.8 * seconds);
  expect((busiest?.cpuSeconds ?? 0) + (busiest?.queuedSeconds ?? 0)).toBeLessThan(1.2 * seconds);
});

test("a process that sleeps neither runs nor waits for a core", async () => {
  const runId = `cpu-watch-${process.pid}-2`;
  await using sleeper = await shell("exec sleep 600", runId);
  const table = createProcessTable({ runId, rootPid: sleeper.pid });
  expect(await waitUntil(() => table.read().some(({ command }) => command.includes("600")), 5_000)).toBe(true);
  const { cpuSeconds, busiest } = await watchCpu(table, 200, forgetting);
  expect(cpuSeconds).toBeLessThan(0.1);
  expect(busiest).toMatchObject({ pid: sleeper.pid, queuedSeconds: expect.closeTo(0, 1) });
});
