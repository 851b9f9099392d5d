import { expect, test } from "vitest";
import { runCommand } from "./run-command.ts";
import { isRunning } from "./process-group.ts";

const base = { cwd: "/", env: { PATH: process.env["PATH"] } };

test("tells what a command printed", async () => {
  const result = await runCommand({ ...base, command: ["sh", "-c", "echo out; echo err >&2"] });
  expect(result).toEqual({ exitCode: 0, stdout: "out\n", stderr: "err\n" });
});

test("tells how it failed", async () => {
  const result = await runCommand({ ...base, command: ["sh", "-c", "echo why; exit 3"] });
  const error = "sh -c echo why; exit 3: it exited with code 3";
  expect(result).toEqual({ exitCode: 3, stdout: "why\n", stderr: "", error });
  const killed = await runCommand({ ...base, command: ["sh", "-c", "kill -KILL $$"] });
  expect(killed).toMatchObject({ exitCode: null, error: expect.stringContaining("it was ended by SIGKILL") });
  const missing = await runCommand({ ...base, command: ["hupspec-no-such-command"] });
  expect(missing.error).toContain("expected to start hupspec-no-such-command");
});

test("a status that it only has because it was ended is none of its own", async () => {
  const script = "trap 'exit 1' TERM; echo up; while :; do sleep 0.01; done";
  const result = await runCommand({ ...base, command: ["sh", "-c", script], withinMs: 300 });
  expect(result).toMatchObject({
    exitCode: null,
    stdout: "up\n",
    error: expect.stringContaining("it was ended after"),
  });
});

test("ends what takes too long", async () => {
  let pid = 0;
  const result = await runCommand({
    ...base,
    command: ["sleep", "600"],
    withinMs: 50,
    started: (started) => (pid = started),
  });
  expect(result.error).toBe("sleep 600: it was ended after 50 ms");
  expect(result.exitCode).toBeNull();
  expect(isRunning(pid)).toBe(false);
});

test("ends with an abort", async () => {
  const end = new AbortController();
  let pid = 0;
  const run = runCommand({
    ...base,
    command: ["sleep", "600"],
    signal: end.signal,
    started: (started) => {
      pid = started;
      end.abort(new Error("enough"));
    },
  });
  await expect(run).rejects.toThrow("enough");
  expect(isRunning(pid)).toBe(false);
});

test("leaves a daemon that the command started alone", async () => {
  const result = await runCommand({ ...base, command: ["sh", "-c", "setsid sleep 2 >/dev/null 2>&1 & echo $!"] });
  expect(isRunning(Number(result.stdout))).toBe(true);
  process.kill(Number(result.stdout), "SIGKILL");
});
