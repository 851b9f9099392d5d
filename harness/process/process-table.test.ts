import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { startProcess, type ManagedProcess } from "./managed-process.ts";
import { createCpuAccount } from "./cpu-account.ts";
import { endRun } from "./end-run.ts";
import { isRunning } from "./process-group.ts";
import { startProcessSampler } from "./process-sampler.ts";
import { createProcessTable, descriptorCount, pssBytes, type ProcessEntry } from "./process-table.ts";
import { waitUntil } from "./wait-until.ts";

let count = 0;
const nextRun = (): string => `table-${process.pid}-${++count}`;

const shell = (
  script: string,
  marker?: string,
  env: Record<string, string | undefined> = {},
): Promise<ManagedProcess> =>
  startProcess({
    command: "/bin/sh",
    args: ["-c", script],
    cwd: "/",
    env: { PATH: process.env["PATH"], ...env },
    stdin: "pipe",
    stdout: "captured",
    stderr: "captured",
    ...(marker !== undefined && { marker }),
  });

const printed = async (process: ManagedProcess, pattern: RegExp): Promise<string> => {
  let found: string | undefined;
  expect(
    await waitUntil(async () => (found = pattern.exec(await process.tail("stdout"))?.[1]) !== undefined, 10_000),
  ).toBe(true);
  return found ?? "";
};

test("finds the root, descendants without the marker, and daemons that have only the marker", async () => {
  const runId = nextRun();
  // The first sleep loses the marker and keeps its parent; the second one keeps the marker and loses its parent.
  await using root = await shell(
    `env -u HUPSPEC_RUN sleep 600 & (setsid sleep 601 & echo "daemon $!"); echo "child $!"; wait`,
    runId,
  );
  const child = Number(await printed(root, /child (\d+)/));
  const table = createProcessTable({ runId, rootPid: root.pid });
  await using stranger = await shell("sleep 602", nextRun());
  let entries: ProcessEntry[] = [];
  expect(
    await waitUntil(() => {
      entries = table.read();
      const commands = entries.map(({ command }) => command);
      return commands.includes("sleep 600") && commands.includes("sleep 601");
    }, 5_000),
  ).toBe(true);
  expect(entries).toHaveLength(3);
  expect(entries.find(({ command }) => command === "sleep 600")).toMatchObject({ pid: child, ppid: root.pid });
  expect(entries.some(({ pid }) => pid === stranger.pid)).toBe(false);
  expect(entries.map(({ pid }) => pid)).toEqual(entries.map(({ pid }) => pid).toSorted((a, b) => a - b));

  // The daemon outlives its family; so does a member that was a descendant only.
  await root.end();
  const leftOver = await endRun(table, 100);
  expect(leftOver.map(({ command }) => command)).toEqual(["sleep 601"]);
  expect(Object.keys(leftOver[0] ?? {}).toSorted()).toEqual(["command", "pid", "ppid", "startTicks", "state"]);
  expect(leftOver.some(({ pid }) => isRunning(pid))).toBe(false);
  expect(table.read()).toEqual([]);
  expect(await endRun(table)).toEqual([]);
});

test("finds a daemon without marker and parent by the folder that it stands in", async () => {
  const workspace = await mkdtemp(path.join(tmpdir(), "hupspec-test-"));
  const runId = nextRun();
  // As a server that daemonises and writes its title over its environment.
  await using root = await shell(`cd ${workspace} && (env -i setsid sleep 603 & echo "daemon $!")`, runId);
  const daemon = Number(await printed(root, /daemon (\d+)/));
  await root.exited;
  const table = createProcessTable({ runId, workspace });
  await using neighbour = await startProcess({
    command: "sleep",
    args: ["604"],
    cwd: `${workspace}/..`,
    env: {},
    stdout: "captured",
    stderr: "captured",
  });
  expect(table.read().map(({ pid }) => pid)).toEqual([daemon]);
  expect((await endRun(table, 0)).map(({ command }) => command)).toEqual(["sleep 603"]);
  expect(isRunning(neighbour.pid)).toBe(true);
  await rm(workspace, { recursive: true });
});

test("what goes by itself soon after the stop is not left over", async () => {
  const runId = nextRun();
  await using process = await shell("sleep 0.2", runId);
  expect(await endRun(createProcessTable({ runId }), 5_000)).toEqual([]);
  expect((await process.exited).code).toBe(0);
});

test("an ignored process is left out, its children are not", async () => {
  const runId = nextRun();
  await using process = await shell("sleep 600 & echo child $!; wait", runId);
  const child = Number(await printed(process, /child (\d+)/));
  const table = createProcessTable({ runId });
  table.ignore(process.pid);
  expect(table.read().map(({ pid }) => pid)).toEqual([child]);
});

test("shows zombies", async () => {
  const runId = nextRun();
  await using process = await startProcess({
    command: "/bin/sh",
    // The shell becomes a `sleep` that never waits for the child that it inherits.
    args: ["-c", "true & exec sleep 600"],
    cwd: "/",
    env: {},
    stdout: "captured",
    stderr: "captured",
    marker: runId,
  });
  const table = createProcessTable({ runId, rootPid: process.pid });
  let zombie: ProcessEntry | undefined;
  await waitUntil(() => (zombie = table.read().find(({ state }) => state === "Z")) !== undefined, 5_000);
  expect(zombie).toMatchObject({ ppid: process.pid, state: "Z" });
});

test("tells memory and descriptors of a process, and of none", async () => {
  await using sleeper = await shell("exec sleep 600");
  expect(await pssBytes(process.pid)).toBeGreaterThan(1024 * 1024);
  expect(await descriptorCount(sleeper.pid)).toBeGreaterThanOrEqual(3);
  await sleeper.end();
  expect(await pssBytes(sleeper.pid)).toBe(0);
  expect(await descriptorCount(sleeper.pid)).toBeUndefined();
});

test("the sampler keeps the changes, the first and the last look", async () => {
  const runId = nextRun();
  await using process = await shell("read line; sleep 600 & read line; kill $!; wait; read line", runId);
  const table = createProcessTable({ runId, rootPid: process.pid });
  let now = 0;
  await using sampler = startProcessSampler(table, () => now++);
  const grown = waitUntil(() => table.read().length === 2, 5_000);
  process.stdin?.write("\n");
  expect(await grown).toBe(true);
  // The sampler has to see it, too: as many looks as it may need, by its own clock.
  const seen = now + 3;
  expect(await waitUntil(() => now > seen, 5_000)).toBe(true);
  process.stdin?.write("\n");
  expect(await waitUntil(() => table.read().length === 1, 5_000)).toBe(true);
  const seenAgain = now + 3;
  expect(await waitUntil(() => now > seenAgain, 5_000)).toBe(true);

  const timeline = await sampler.stop();
  expect(await sampler.stop()).toBe(timeline);
  const sizes = timeline.samples.map(({ processes }) => processes.length);
  expect(Math.max(...sizes)).toBe(2);
  expect(sizes[0]).toBe(1);
  expect(sizes.at(-1)).toBe(1);
  expect(timeline.samples.length).toBeLessThan(now);
  const times = timeline.samples.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times[0]).toBe(0);
  expect(times.at(-1)).toBe(now - 1);
  expect(timeline.peakPssBytes).toBeGreaterThan(0);
});

test("CPU time counts a busy child that is gone before the end", async () => {
  const runId = nextRun();
  await using busy = await shell(
    `echo go; "$NODE" -e 'const end = process.cpuUsage().user + 400000; while (process.cpuUsage().user < end);'; echo done; read line`,
    runId,
    { NODE: process.execPath },
  );
  const table = createProcessTable({ runId, rootPid: busy.pid });
  await using sampler = startProcessSampler(table, () => performance.now());
  await printed(busy, /(done)/);
  const { cpuSeconds } = await sampler.stop();
  expect(cpuSeconds).toBeGreaterThanOrEqual(0.38);
  expect(cpuSeconds).toBeLessThan(5);
});

const entry = (pid: number, ppid: number, cpuTicks: number, childCpuTicks = 0): ProcessEntry => ({
  pid,
  ppid,
  state: "S",
  startTicks: 1,
  command: "x",
  cpuTicks,
  childCpuTicks,
});

test.each([
  ["from the first look on", [[entry(1, 0, 100, 50)], [entry(1, 0, 130, 50)]], 0.3],
  [
    "what the parent inherited counts once",
    [[entry(1, 0, 0)], [entry(1, 0, 0), entry(2, 1, 40)], [entry(1, 0, 0, 45)]],
    0.45,
  ],
  ["a child between two looks", [[entry(1, 0, 0)], [entry(1, 0, 0, 20)]], 0.2],
  ["a parent that inherits nothing", [[entry(1, 0, 0)], [entry(1, 0, 0), entry(2, 1, 40)], [entry(1, 0, 10)]], 0.5],
  ["a daemon that is gone", [[entry(1, 0, 0)], [entry(1, 0, 0), entry(9, 77, 30, 5)], [entry(1, 0, 0)]], 0.35],
  ["nobody", [[], []], 0],
])("CPU time: %s", (_, looks, seconds) => {
  const account = createCpuAccount();
  for (const look of looks) account.add(look);
  expect(account.seconds()).toBeCloseTo(seconds, 6);
});
