import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ProcessError, startProcess, type ProcessPlan } from "./managed-process.ts";
import { groupIsAlive, isRunning } from "./process-group.ts";
import { waitUntil } from "./wait-until.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const node = (script: string, plan: Partial<ProcessPlan> = {}): ProcessPlan => ({
  command: process.execPath,
  args: ["-e", script],
  cwd: folder,
  env: { PATH: process.env["PATH"] },
  stdout: "captured",
  stderr: "captured",
  ...plan,
});

/** A parent and a child that both ignore TERM and say so. */
const STUBBORN = `
  process.on("SIGTERM", () => {});
  const child = require("node:child_process").spawn(process.execPath,
    ["-e", 'process.on("SIGTERM", () => {}); console.log("child", process.pid); setInterval(() => {}, 1000)'],
    { stdio: "inherit" });
  setInterval(() => {}, 1000);
`;

async function childPid(read: () => Promise<string>): Promise<number> {
  let pid = 0;
  expect(
    await waitUntil(async () => {
      pid = Number(/child (\d+)/.exec(await read())?.[1] ?? 0);
      return pid > 0;
    }, 10_000),
  ).toBe(true);
  return pid;
}

test("tells the exit code and the last output", async () => {
  await using process = await startProcess(node(`console.log("out"); console.error("err"); process.exitCode = 3`));
  expect(await process.exited).toMatchObject({ code: 3, signal: null });
  expect(await process.tail("stdout")).toBe("out\n");
  expect(await process.tail("stderr")).toBe("err\n");
  expect(process.killed).toBe(false);
});

test("keeps the end of long output only", async () => {
  await using process = await startProcess(
    node(`for (let i = 0; i < 40000; i++) process.stdout.write("line " + i + "\\n"); `),
  );
  await process.exited;
  const tail = await process.tail("stdout");
  expect(tail.length).toBeLessThanOrEqual(64 * 1024);
  expect(tail.endsWith("line 39999\n")).toBe(true);
});

test("appends both streams to one file, after what was there", async () => {
  const file = path.join(folder, "log");
  for (const word of ["one", "two"]) {
    await using process = await startProcess(
      node(`console.log("${word}"); console.error("${word}")`, { stdout: { file }, stderr: { file } }),
    );
    expect((await process.exited).code).toBe(0);
    expect(await process.tail("stderr")).toContain(word);
  }
  expect(await readFile(file, "utf8")).toBe("one\none\ntwo\ntwo\n");
});

test("gives the environment named and the marker, and nothing else", async () => {
  await using process = await startProcess(
    node(`console.log(JSON.stringify(process.env))`, { env: { A: "1" }, marker: "run-7" }),
  );
  await process.exited;
  expect(JSON.parse(await process.tail("stdout"))).toEqual({ A: "1", HUPSPEC_RUN: "run-7" });
});

test("ends a process by TERM, once, whoever asks; the first reason wins", async () => {
  const process = await startProcess(node(`setInterval(() => {}, 1000)`));
  const ends = await Promise.all([process.end({ reason: "first" }), process.end({ reason: "second" })]);
  expect(ends[0]).toBe(ends[1]);
  expect(ends[0]).toMatchObject({ code: null, signal: "SIGTERM" });
  expect(process.endReason).toBe("first");
  expect(process.signal("SIGTERM")).toBe(false);
});

test("kills a whole tree that ignores TERM", async () => {
  const process = await startProcess(node(STUBBORN));
  const child = await childPid(() => process.tail("stdout"));
  const exit = await process.end({ terminateMs: 200 });
  expect(exit.signal).toBe("SIGKILL");
  expect(process.killed).toBe(true);
  expect(isRunning(child)).toBe(false);
  expect(groupIsAlive(process.pid)).toBe(false);
});

test("ends children that a dead leader left in its group", async () => {
  const process = await startProcess(
    node(`
      const child = require("node:child_process").spawn("sleep", ["60"], { stdio: "ignore" });
      console.log("child", child.pid);
      child.once("spawn", () => process.exit(0));
    `),
  );
  const child = await childPid(() => process.tail("stdout"));
  expect((await process.exited).code).toBe(0);
  expect(isRunning(child)).toBe(true);
  await process.end();
  expect(isRunning(child)).toBe(false);
});

test("a daemon that holds the captured stream does not hold up the exit", async () => {
  const process = await startProcess(
    node(`
      const child = require("node:child_process").spawn("sleep", ["60"], { stdio: "inherit" });
      console.log("child", child.pid);
      child.once("spawn", () => process.exit(0));
    `),
  );
  expect((await process.exited).code).toBe(0);
  await process.end();
});

test("ends a stopped process", async () => {
  const process = await startProcess(node(`console.log("child", process.pid); setInterval(() => {}, 1000)`));
  await childPid(() => process.tail("stdout"));
  process.signal("SIGSTOP");
  expect((await process.end()).signal).toBe("SIGTERM");
});

test("a missing command is an error that names it", async () => {
  await expect(startProcess(node("", { command: "hupspec-no-such-command" }))).rejects.toThrow(ProcessError);
  await expect(startProcess(node("", { command: "hupspec-no-such-command" }))).rejects.toThrow(
    /expected to start hupspec-no-such-command in .*ENOENT/s,
  );
});
