import * as fs from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { eventually, shell, TestStack } from "../test-stack.ts";
import { ask, askJson } from "./client.ts";

const COUNTER = `trap 'exit 0' TERM; trap 'echo reloaded' HUP; echo ready; while :; do sleep 0.02; done`;
const YAML = `
programs:
  app: {startMs: 0, command: ${shell(COUNTER)}}
  other: {startMs: 0, command: ${shell(COUNTER)}}
  idle: {autostart: false, command: ${shell(COUNTER)}}
control: {deploy: {programs: [app]}}
`;

describe("control sockets", () => {
  it("are for their owner only", async () => {
    await using stack = await TestStack.create(YAML);
    await fs.mkdir(stack.path("run/control"), { recursive: true, mode: 0o777 });
    await stack.up();
    const mode = async (name: string) => ((await fs.stat(stack.path(name))).mode & 0o777).toString(8);
    expect(await mode("run/control")).toBe("700");
    expect(await mode("run/control/admin.sock")).toBe("600");
    expect(await mode("run/control/deploy.sock")).toBe("600");
  });

  it("let the deploy role see and reload the programs that it is given, and do no more", async () => {
    await using stack = await TestStack.create(YAML);
    await stack.up();
    const deploy = stack.path("run/control/deploy.sock");
    const { programs } = await askJson<{ programs: { name: string }[] }>(deploy, "GET", "/programs");
    expect(programs.map(({ name }) => name)).toEqual(["app"]);
    expect(await askJson(deploy, "GET", "/programs/app/pid")).toEqual({ pid: await stack.pid("app") });
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    expect(await askJson(deploy, "POST", "/programs/app/reload")).toMatchObject({ outcome: { result: "signalled" } });
    await eventually(async () => expect(await stack.log("app")).toBe("ready\nreloaded\n"));
    await expect(ask(deploy, "GET", "/programs/other/pid")).rejects.toThrow("no such program");
    await expect(ask(deploy, "POST", "/programs/app/stop")).rejects.toThrow("may not");
    await expect(ask(deploy, "POST", "/shutdown")).rejects.toThrow("may not");
    await expect(ask(stack.socket, "POST", "/programs/app/eval")).rejects.toThrow("no such resource");
    await expect(ask(stack.socket, "POST", "/programs/app/signal?signal=SEGV")).rejects.toThrow("expected a signal of");
  });

  it("tell the outcome of a reload from the program's own record", async () => {
    const master = `
      trap 'echo "{\\"event\\":\\"reload-started\\"}"; echo "{\\"event\\":\\"reload-done\\",\\"generation\\":2,\\"msg\\":\\"two workers\\"}"' HUP
      trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done`;
    await using stack = await TestStack.create(`programs:\n  app: {command: ${shell(master)}}\n`);
    await stack.up();
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    expect(await askJson(stack.socket, "POST", "/programs/app/reload?wait=10000")).toMatchObject({
      outcome: { result: "done", generation: 2, msg: "two workers" },
    });
    expect(await stack.ctl("reload", "app", "--wait", "10000")).toEqual({
      code: 0,
      stdout: "two workers\n",
      stderr: "",
    });
  });
});

it("names the generation that a prefork master tells in its text, for its record carries none of its own", async () => {
  const record = `{\\"event\\":\\"reload-done\\",\\"generation\\":0,\\"msg\\":\\"cohort 1, 2 workers of generation 7\\"}`;
  const started = `{\\"event\\":\\"reload-started\\"}`;
  const master = `trap 'echo "${started}"; echo "${record}"' HUP; trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done`;
  await using stack = await TestStack.create(`programs:\n  app: {command: ${shell(master)}}\n`);
  await stack.up();
  await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
  expect(await askJson(stack.socket, "POST", "/programs/app/reload?wait=10000")).toMatchObject({
    outcome: { result: "done", generation: 7 },
  });
});

it("a wait for an outcome ends with the one who waits, and does not hold up the supervisor's end", async () => {
  await using stack = await TestStack.create(YAML);
  const { child, ended } = await stack.up();
  await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
  const waiting = stack.run("ctl.ts", ["--config", stack.config, "reload", "app", "--wait", "300000"]);
  await eventually(async () => expect(await stack.log("app")).toBe("ready\nreloaded\n"));
  waiting.child.kill("SIGKILL");
  child.kill("SIGTERM");
  expect(await ended).toEqual({ code: 0, signal: null });
});

describe("the outcome of a queued reload", () => {
  it("is its own, not that of the reload before it", async () => {
    const say = (event: string, msg: string) => `echo "{\\"event\\":\\"${event}\\",\\"msg\\":\\"${msg}\\"}"`;
    const master = `
      trap '${say("reload-queued", "after reloading")}; ${say("reload-started", "")}; ${say("reload-done", "first")}; ${say("reload-failed", "second")}' HUP
      trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done`;
    await using stack = await TestStack.create(`programs:\n  app: {command: ${shell(master)}}\n`);
    await stack.up();
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    expect(await askJson(stack.socket, "POST", "/programs/app/reload?wait=10000")).toMatchObject({
      outcome: { result: "failed", msg: "second" },
    });
  });

  it("is not that of one whose record was still on its way", async () => {
    const say = (event: string, msg: string) => `echo "{\\"event\\":\\"${event}\\",\\"msg\\":\\"${msg}\\"}"`;
    const master = `
      trap '${say("reload-done", "before")}; ${say("reload-started", "")}; ${say("reload-done", "own")}' HUP
      trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done`;
    await using stack = await TestStack.create(`programs:\n  app: {command: ${shell(master)}}\n`);
    await stack.up();
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    expect(await askJson(stack.socket, "POST", "/programs/app/reload?wait=10000")).toMatchObject({
      outcome: { result: "done", msg: "own" },
    });
  });
});

describe("the control program", () => {
  it("prints a pid and nothing else, or nothing at all", async () => {
    await using stack = await TestStack.create(YAML);
    await stack.up();
    expect(await stack.ctl("pid", "app")).toEqual({ code: 0, stdout: `${await stack.pid("app")}\n`, stderr: "" });
    const failures = [
      [["pid", "typo"], 1, "no such program: typo"],
      [["pid", "idle"], 1, "idle has no process (stopped)"],
      [["pid"], 2, "takes 1 operands"],
      [["pid", "app", "other"], 2, "takes 1 operands"],
      [["explode"], 2, "unknown command"],
      [["--socket", stack.path("none.sock"), "pid", "app"], 1, "no supervisor answers"],
    ] as const;
    for (const [args, code, reason] of failures) {
      const outcome = await stack.ctl(...args);
      expect(outcome).toMatchObject({ code, stdout: "" });
      expect(outcome.stderr).toMatch(/^hupspec stack: [^\n]*\n$/);
      expect(outcome.stderr).toContain(reason);
    }
  });

  it("shows status, rotates, starts, signals, and stops the supervisor", async () => {
    await using stack = await TestStack.create(YAML);
    const { ended, child } = await stack.up();
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    const { stdout } = await stack.ctl("status");
    expect(stdout.split("\n").map((line) => line.split(/ +/).slice(0, 3).join(" "))).toEqual([
      "PROGRAM KIND STATE",
      "app command running",
      "other command running",
      "idle command stopped",
      "",
    ]);
    expect((await stack.ctl("rotate", "app")).code).toBe(0);
    expect([await stack.log("app"), await stack.read("logs/app.log.1")]).toEqual(["", "ready\n"]);
    expect((await stack.ctl("start", "idle")).code).toBe(0);
    await eventually(async () => expect(await stack.log("idle")).toBe("ready\n"));
    expect((await stack.ctl("signal", "idle", "HUP")).code).toBe(0);
    await eventually(async () => expect(await stack.log("idle")).toBe("ready\nreloaded\n"));
    expect(await stack.ctl("stop")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(() => process.kill(child.pid ?? 0, 0)).toThrow("ESRCH");
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it("follows a log as it is written, across a rotation", async () => {
    await using stack = await TestStack.create(YAML);
    await stack.up();
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    expect((await stack.ctl("tail", "app")).stdout).toBe("ready\n");
    const { child, output, ended } = stack.run("ctl.ts", ["--config", stack.config, "tail", "-f", "app"]);
    await eventually(() => expect(output.stdout).toBe("ready\n"));
    await stack.ctl("rotate", "app");
    await stack.ctl("reload", "app");
    await eventually(() => expect(output.stdout).toBe("ready\nreloaded\n"));
    child.kill("SIGINT");
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it("brings the stack up in the background, or says why not and leaves nothing", async () => {
    await using stack = await TestStack.create(YAML);
    const up = await stack.ctl("up", "--detach");
    try {
      expect(up).toMatchObject({ code: 0, stderr: "" });
      expect((await stack.program("app")).state).toBe("running");
    } finally {
      await stack.ctl("stop");
    }
    await stack.write("stack.yaml", `programs:\n  app: {backoffMinMs: 10, command: ${shell("exit 4")}}\n`);
    const failed = await stack.ctl("up", "--detach");
    expect(failed).toMatchObject({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/^hupspec stack: the stack did not come up: app fails to start .*"code":4.*\n$/);
    expect(await fs.readdir(stack.path("run/control"))).toEqual([]);
  });
});
