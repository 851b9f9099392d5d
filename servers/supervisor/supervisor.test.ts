import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { askJson } from "./control/client.ts";
import { members } from "./process-group.ts";
import { eventually, groupIsGone, shell, TestStack } from "./test-stack.ts";

const WAITER = `trap 'echo bye; exit 0' TERM; trap 'echo reloaded' HUP; echo ready; while :; do sleep 0.05; done`;

describe("life of programs", () => {
  it("starts by priority, captures both channels, stops in reverse order, and leaves nothing", async () => {
    const late = `trap 'echo app >> order; echo last words; exit 0' TERM; echo out; echo err >&2; while :; do sleep 0.05; done`;
    await using stack = await TestStack.create(`
programs:
  front: {priority: 2, command: ${shell(`trap 'echo front >> order; exit 0' TERM; echo ready; while :; do sleep 0.05; done`)}}
  app: {priority: 1, command: ${shell(late)}}
`);
    const { child, output, ended } = await stack.up();
    await eventually(async () => {
      expect(await stack.log("app")).toBe("out\nerr\n");
      expect(await stack.log("front")).toBe("ready\n");
    });
    const groups = [await stack.pid("app"), await stack.pid("front")];
    expect(await stack.read("run/supervisor.pid")).toBe(`${child.pid}\n`);
    expect(output.stderr.indexOf("app is started")).toBeLessThan(output.stderr.indexOf("front is started"));
    child.kill("SIGTERM");
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(await stack.read("order")).toBe("front\napp\n");
    expect(await stack.log("app")).toBe("out\nerr\nlast words\n");
    expect(await fs.readdir(stack.path("run"))).toEqual(["control"]);
    expect(await fs.readdir(stack.path("run/control"))).toEqual([]);
    for (const group of groups) expect(members(group)).toEqual([]);
  });

  it("restarts a program that dies at once, and backs off from one that fails to start", async () => {
    await using stack = await TestStack.create(`
programs:
  sound: {startMs: 50, command: ${shell(WAITER)}}
  broken: {startMs: 5000, backoffMinMs: 20, backoffMaxMs: 60, command: ${shell("echo try; exit 7")}}
  missing: {backoffMinMs: 20, backoffMaxMs: 60, command: [/no/such/program]}
  misplaced: {backoffMinMs: 20, backoffMaxMs: 60, command: [./stack.yaml/program]}
`);
    const { output } = await stack.up();
    await eventually(async () => expect((await stack.program("sound")).state).toBe("running"));
    const before = await stack.pid("sound");
    process.kill(before, "SIGKILL");
    await eventually(async () => {
      const { pid, restarts } = await stack.program("sound");
      expect([pid !== null && pid !== before, restarts]).toEqual([true, 1]);
    });
    await eventually(async () => {
      expect((await stack.program("broken")).failures).toBeGreaterThan(3);
      expect((await stack.program("missing")).failures).toBeGreaterThan(3);
      expect((await stack.program("misplaced")).failures).toBeGreaterThan(3);
    });
    const delays = [...output.stderr.matchAll(/broken failed to start, next try in (\d+) ms/g)].map((m) =>
      Number(m[1]),
    );
    expect(delays.slice(0, 4)).toEqual([20, 40, 60, 60]);
    expect(await stack.log("broken")).toMatch(/^(try\n){3,}$/);
  });

  it("waits for descriptors when there are none left to start a program with", async () => {
    await using stack = await TestStack.create(`
programs:
  app: {startMs: 0, backoffMinMs: 20, backoffMaxMs: 60, command: ${shell(WAITER)}}
`);
    const { child, output } = await stack.up();
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    const before = await stack.pid("app");
    limitDescriptors(child.pid ?? 0, 5);
    process.kill(before, "SIGKILL");
    await eventually(() => expect(output.stderr).toMatch(/app has ended: spawn [^"]*EMFILE/));
    limitDescriptors(child.pid ?? 0, 1024);
    await eventually(async () => expect((await stack.program("app")).state).toBe("running"));
  });

  it("does not start at all where its pid file can't be written, and does not linger", async () => {
    await using stack = await TestStack.create("programs: {}\n");
    await fs.mkdir(stack.path("run/supervisor.pid"), { recursive: true });
    const { output, ended } = stack.run("main.ts", ["--config", stack.config]);
    expect(await ended).toEqual({ code: 1, signal: null });
    expect(output.stderr).toContain(stack.path("run/supervisor.pid"));
  });

  it("starts nothing any more once it is stopping", async () => {
    await using stack = await TestStack.create(`
programs:
  app: {command: ${shell("trap 'echo waits; until [ -e go ]; do sleep 0.05; done; exit 0' TERM; echo ready; while :; do sleep 0.05; done")}}
`);
    const { child, ended } = await stack.up();
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    child.kill("SIGTERM");
    await eventually(async () => expect(await stack.log("app")).toBe("ready\nwaits\n"));
    for (const path of ["/programs/app/start", "/programs/app/restart", "/reload"]) {
      await expect(askJson(stack.socket, "POST", path)).rejects.toThrow("the supervisor is stopping");
    }
    await stack.write("go", "");
    expect(await ended).toEqual({ code: 0, signal: null });
  });

  it("stops the whole group: stragglers after the exit, and the stubborn after the deadline", async () => {
    await using stack = await TestStack.create(`
programs:
  stray: {command: ${shell("sleep 1000 & echo ready; trap 'exit 0' TERM; while :; do sleep 0.05; done")}}
  stubborn: {stopMs: 200, command: ${shell("trap '' TERM; echo ready; while :; do sleep 0.05; done")}}
`);
    await stack.up();
    for (const name of ["stray", "stubborn"]) {
      await eventually(async () => expect(await stack.log(name)).toBe("ready\n"));
      const group = await stack.pid(name);
      expect(await stack.ctl("stop", name)).toEqual({ code: 0, stdout: "", stderr: "" });
      expect(members(group)).toEqual([]);
      expect(await stack.program(name)).toMatchObject({ state: "stopped", pid: null });
    }
  });

  it("does not let the programs outlive it when it is killed", async () => {
    await using stack = await TestStack.create(`
programs:
  app: {command: ${shell("sleep 1000 & echo ready; wait")}}
`);
    const { child, ended } = await stack.up();
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    const group = await stack.pid("app");
    child.kill("SIGKILL");
    await ended;
    await groupIsGone(group);
    // What the dead one left behind does not stand in the way.
    await stack.up();
    expect(await stack.pid("app")).not.toBe(group);
  });

  it("refuses a second start, which harms nothing of the first", async () => {
    await using stack = await TestStack.create(`
programs:
  app: {command: ${shell(WAITER)}}
`);
    const { child } = await stack.up();
    const before = await stack.pid("app");
    const second = stack.run("main.ts", ["--config", stack.config]);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.output.stderr).toContain(`already running in ${stack.path("run")} (pid ${child.pid})`);
    expect(await stack.pid("app")).toBe(before);
    expect(await stack.read("run/supervisor.pid")).toBe(`${child.pid}\n`);
  });
});

describe("signals to the supervisor", () => {
  it("reopens logs on USR1, with all processes left alone", async () => {
    await using stack = await TestStack.create(`
programs:
  app: {command: ${shell(WAITER)}}
`);
    const { child, output } = await stack.up();
    await eventually(async () => expect(await stack.log("app")).toBe("ready\n"));
    const before = await stack.pid("app");
    await fs.rename(stack.path("logs/app.log"), stack.path("logs/moved"));
    child.kill("SIGUSR1");
    await eventually(() => expect(output.stderr).toContain('"event":"reopened"'));
    await stack.ctl("reload", "app");
    await eventually(async () => expect(await stack.log("app")).toBe("reloaded\n"));
    expect(await stack.read("logs/moved")).toBe("ready\n");
    expect(await stack.pid("app")).toBe(before);
  });

  it("re-reads the stack file on HUP: adds, removes, restarts, applies log limits, and leaves the rest alone", async () => {
    const program = (extra = "") => `{startMs: 0, command: ${shell(WAITER)}${extra}}`;
    await using stack = await TestStack.create(`
programs:
  same: ${program()}
  changed: ${program()}
  gone: ${program()}
`);
    const { child, output } = await stack.up();
    const before = {
      same: await stack.pid("same"),
      changed: await stack.pid("changed"),
      gone: await stack.pid("gone"),
    };
    await eventually(async () => expect(await stack.log("same")).toBe("ready\n"));
    await stack.write(
      "stack.yaml",
      `
programs:
  same: ${program(", logging: {maxBytes: 10}")}
  changed: ${program(", env: {A: b}")}
  added: ${program()}
`,
    );
    child.kill("SIGHUP");
    await eventually(() => expect(output.stderr).toContain('"event":"reload-done"'));
    expect(output.stderr).toContain('"added":["added"],"removed":["gone"],"restarted":["changed"],"signalled":[]');
    expect(await stack.pid("same")).toBe(before.same);
    await eventually(async () => expect(await stack.pid("changed")).not.toBe(before.changed));
    expect(await stack.pid("added")).toBeGreaterThan(0);
    expect(members(before.gone)).toEqual([]);
    await stack.ctl("reload", "same");
    await eventually(async () => expect(await stack.log("same")).toBe("reloaded\n"));
    expect(await stack.read("logs/same.log.1")).toBe("ready\n");
  });

  it("refuses a bad stack file on HUP, says where it is wrong, and goes on with the one it has", async () => {
    await using stack = await TestStack.create(`
programs:
  app: {command: ${shell(WAITER)}}
`);
    const { child, output } = await stack.up();
    const before = await stack.pid("app");
    await stack.write("stack.yaml", "programs:\n  app:\n    comand: [sh]\n");
    child.kill("SIGHUP");
    await eventually(() => expect(output.stderr).toContain('"event":"reload-refused"'));
    expect(output.stderr).toContain(`${stack.config}:3:5: programs.app.comand: unknown key`);
    expect(await stack.pid("app")).toBe(before);
    await expect(askJson(stack.socket, "POST", "/reload")).rejects.toThrow("programs.app.comand");
  });

  it("stops the stubborn within seconds on QUIT, whatever their own deadline", async () => {
    await using stack = await TestStack.create(`
programs:
  stubborn: {stopMs: 600000, command: ${shell("trap '' TERM; echo ready; while :; do sleep 0.05; done")}}
`);
    const { child, ended } = await stack.up();
    await eventually(async () => expect(await stack.log("stubborn")).toBe("ready\n"));
    const group = await stack.pid("stubborn");
    child.kill("SIGQUIT");
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(members(group)).toEqual([]);
  });

  it("checks a stack file without starting anything", async () => {
    await using stack = await TestStack.create("programs: {}\nlogin: {}\n");
    const checked = stack.run("main.ts", ["--config", stack.config, "--check"]);
    expect(await checked.ended).toEqual({ code: 2, signal: null });
    const expected = "expected one of runDir, logDir, sites, programs, logging, control";
    expect(checked.output.stderr).toBe(
      `${stack.config}:2:1: login: unknown key "login" (did you mean logDir?), ${expected}\n`,
    );
    expect(await fs.readdir(stack.folder)).toEqual(["stack.yaml"]);
  });
});

function limitDescriptors(pid: number, count: number): void {
  execFileSync("prlimit", [`--pid=${pid}`, `--nofile=${count}:`]);
}
