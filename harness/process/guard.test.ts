import { spawnSync } from "node:child_process";
import { mkdtemp, realpath, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { MARKED, startGuard } from "./guard.ts";
import { startProcess } from "./managed-process.ts";
import { isRunning, sendSignal } from "./process-group.ts";
import { waitUntil } from "./wait-until.ts";

const fixture = path.join(import.meta.dirname, "fixtures", "guarded-harness.ts");
const env = { PATH: process.env["PATH"] };

test("a harness killed by KILL leaves neither process nor workspace", async () => {
  const runId = `guard-${process.pid}-${Date.now()}`;
  const workspace = await mkdtemp(path.join(tmpdir(), "hupspec-test-"));
  await using harness = await startProcess({
    command: process.execPath,
    args: [fixture, runId, workspace],
    cwd: tmpdir(),
    env,
    stdout: "captured",
    stderr: "captured",
  });
  let pids: { guard: number; target: number; daemon: number } | undefined;
  await waitUntil(async () => {
    const text = await harness.tail("stdout");
    if (text.endsWith("\n")) pids = JSON.parse(text) as typeof pids;
    return pids !== undefined || harness.exit !== undefined;
  }, 15_000);
  expect(await harness.tail("stderr")).toBe("");
  if (!pids) throw new Error("expected the fixture to name its processes");
  const { guard, target, daemon } = pids;
  expect([guard, target, daemon].map(isRunning)).toEqual([true, true, true]);

  // What a terminal would send on Ctrl-C must not end the guard.
  sendSignal(guard, "SIGINT");
  sendSignal(guard, "SIGTERM");
  harness.signal("SIGKILL");

  expect(await waitUntil(() => ![guard, target, daemon].some(isRunning), 10_000)).toBe(true);
  await expect(stat(workspace)).rejects.toThrow("ENOENT");
});

test("where the workspace is gone nobody stands in it", async () => {
  const list = (home: string): string =>
    spawnSync("/bin/sh", ["-c", `home=${home}${MARKED}marked none`], { encoding: "utf8", cwd: tmpdir() }).stdout;
  await using bystander = await startProcess({
    command: "sleep",
    args: ["60"],
    cwd: tmpdir(),
    env,
    stdout: "captured",
    stderr: "captured",
  });
  expect(list(await realpath(tmpdir())).split("\n")).toContain(String(bystander.pid));
  expect(list("")).toBe("");
});

test("a guard that is called off touches nothing", async () => {
  const runId = `guard-off-${process.pid}-${Date.now()}`;
  const workspace = await mkdtemp(path.join(tmpdir(), "hupspec-test-"));
  await using target = await startProcess({
    command: "sleep",
    args: ["60"],
    cwd: "/",
    env,
    stdout: "captured",
    stderr: "captured",
    marker: runId,
  });
  const guard = await startGuard({ runId, workspace, env });
  await guard[Symbol.asyncDispose]();
  await guard[Symbol.asyncDispose]();
  expect(isRunning(guard.pid)).toBe(false);
  expect(isRunning(target.pid)).toBe(true);
  expect((await stat(workspace)).isDirectory()).toBe(true);
  const { rm } = await import("node:fs/promises");
  await rm(workspace, { recursive: true });
});
