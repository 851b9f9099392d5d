import { readFile, realpath, stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { isRunning } from "../process/process-group.ts";
import { waitUntil } from "../process/wait-until.ts";
import { bootTarget } from "./boot.ts";
import { define, fixtures, get, options, signal, single } from "./fixtures/define.ts";
import { TargetBootError, TargetUnavailableError } from "./errors.ts";
import { parseTargetFile } from "./target-definition.ts";

test("boots, deploys, reloads, stops, and leaves nothing behind", async () => {
  let root = "";
  let pid = 0;
  {
    await using target = await bootTarget(
      define(`${single}
version: ["\${node}", -p, "'fixture 1.2\\\\nmore'"]
env: {A: "\${env.NO_SUCH_NAME:-fallback}", B: 2}
actions: {reload: {signal: HUP}}
capabilities: [keepalive]`),
      { ...options, workers: 3 },
    );
    root = target.workspace.root;
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    pid = await target.mainPid("main");
    const environ = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
    expect(environ).toContain("A=fallback");
    expect(environ).toContain("B=2");
    expect(environ.some((entry) => entry.startsWith("VITEST"))).toBe(false);
    expect(await target.version()).toBe("fixture 1.2");
    expect(target.facts("main")).toEqual({
      name: "fixture",
      role: "app-server",
      site: "main",
      workers: 3,
      drainMs: 30_000,
      settleMs: 5_000,
      budget: { stallMs: 1_000, p99Ms: 500 },
      actions: ["reload"],
      reloadSignal: "SIGHUP",
      capabilities: ["keepalive", "processes", "contract", "log-pipe", "log-relay"],
    });
    expect(target.can("reload")).toBe(true);
    expect(target.can("reopen")).toBe(false);
    await expect(target.act("reopen", "main", signal)).rejects.toThrow("expected fixture to say how to do reopen");

    expect(await get(target)).toEqual({ generation: 1, boot: { mode: "ok", delayMs: 0 }, setting: "blue" });
    const release = await target.deploy("main", { setting: "green" });
    expect(release.generation).toBe(2);
    const outcome = await target.act("reload", "main", signal);
    expect(outcome.error).toBeUndefined();
    expect(outcome.returnedMs).toBeGreaterThanOrEqual(outcome.startedMs);
    expect(await waitUntil(async () => ((await get(target)) as { setting: string }).setting === "green", 5_000)).toBe(
      true,
    );
    expect(target.processes().map((facts) => facts.pid)).toEqual([pid]);
    expect(target.logPatterns("main")).toEqual([path.join(root, "logs", "stderr.log*")]);

    const stop = await target.stop(signal);
    expect(stop).toMatchObject({ exitCode: 0, signal: null, killed: false, leftOver: [] });
    expect(stop.exitedMs).toBeGreaterThanOrEqual(stop.startedMs);
    expect(await target.stop(signal)).toBe(stop);
    expect(await target.output()).toContain("asked to stop");
    const afterwards = await target.act("reload", "main", signal);
    expect(afterwards.error).toContain("is gone");
  }
  expect(isRunning(pid)).toBe(false);
  await expect(stat(root)).rejects.toThrow("ENOENT");
});

test("is started again in the same place once its process is gone, and not before", async () => {
  await using target = await bootTarget(define(single), options);
  const pid = await target.mainPid("main");
  expect(await target.startAgain()).toBe(false);
  process.kill(pid, "SIGKILL");
  expect(await waitUntil(() => !isRunning(pid), 5_000)).toBe(true);
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
  expect(await target.startAgain()).toBe(true);
  expect(await target.ready()).toBeUndefined();
  const next = await target.mainPid("main");
  expect(next).not.toBe(pid);
  expect(target.processes().map((facts) => facts.pid)).toEqual([next]);
  expect(await target.stop(signal)).toMatchObject({ exitCode: 0, leftOver: [] });
});

test("another instance has ports and a workspace of its own, and is started without being waited for", async () => {
  await using target = await bootTarget(define(single), options);
  let pid = 0;
  {
    await using other = await target.another();
    pid = await other.mainPid("main");
    expect(other.workspace.root).not.toBe(target.workspace.root);
    expect(other.site("main").endpoints.front).not.toEqual(target.site("main").endpoints.front);
    expect(await other.ready()).toBeUndefined();
    expect(target.processes().map((facts) => facts.pid)).not.toContain(pid);
  }
  expect(isRunning(pid)).toBe(false);
  expect(await get(target)).toMatchObject({ generation: 1 });
});

test("several sites have releases, links and doors of their own", async () => {
  await using target = await bootTarget(
    define(
      `
sites:
  - {name: one, host: one.localhost, url: "http://127.0.0.1:\${port.web}", direct: "http://127.0.0.1:\${port.web}"}
  - {name: two, url: "http://127.0.0.1:\${port.web}", capabilities: [sse]}
env: {HUPSPEC_RELEASE: "\${current.one}"}
logs: {files: ["\${workspace}/logs/\${site}.log*"], limits: {maxBytes: 1000, backups: 3}}`,
      { port: "${port.web}" },
    ),
    options,
  );
  const { front } = target.site("one").endpoints;
  const port = "port" in front ? front.port : 0;
  expect(target.site("one").endpoints).toEqual({
    front: { host: "127.0.0.1", port, hostHeader: "one.localhost" },
    direct: { host: "127.0.0.1", port, hostHeader: "one.localhost" },
  });
  expect(target.site("two").endpoints).toEqual({
    front: { host: "127.0.0.1", port, hostHeader: `127.0.0.1:${port}` },
  });
  expect(target.facts("two")).toMatchObject({
    capabilities: ["sse", "processes", "contract", "log-files"],
    logLimits: { maxBytes: 1000, backups: 3 },
  });
  expect(target.logPatterns("two")).toEqual([path.join(target.workspace.logs, "two.log*")]);
  await target.deploy("two");
  expect(target.workspace.generation("one")).toBe(1);
  expect(target.workspace.generation("two")).toBe(2);
  expect(await realpath(target.workspace.current("two"))).toBe(
    await realpath(path.join(target.workspace.root, "releases", "two", "2")),
  );
  expect(await target.output()).toContain("GET / one.localhost");
  expect(() => target.site("three")).toThrow("expected one of the sites one, two");
});

test("a failing action names its cause", async () => {
  await using target = await bootTarget(
    define(`${single}
actions:
  reload: {signal: HUP, pidfile: "\${workspace}/run/none.pid"}
  reopen: {command: ["\${node}", -e, "console.error('no way'); process.exit(4)"]}
  rotate: [{touch: "\${workspace}/run/touched"}, {command: [hupspec-no-such-command]}, {touch: "\${workspace}/run/never"}]
  quit: {signal: HUP, pidfile: "\${workspace}/foreign.pid"}
  upgrade: {http: {method: GET, url: "http://127.0.0.1:\${port}/up"}}
files: {foreign.pid: "${process.pid}"}`),
    options,
  );
  const run = target.workspace.run;
  const unaddressed = await target.act("reload", "main", signal);
  expect(unaddressed.error).toContain("none.pid (ENOENT)");
  expect(unaddressed.refused).toBeUndefined();
  expect(await target.act("reopen", "main", signal)).toMatchObject({
    output: "no way",
    refused: true,
    error: expect.stringContaining("exited with code 4") as unknown,
  });
  const unstarted = await target.act("rotate", "main", signal);
  expect(unstarted.error).toContain("expected to start hupspec-no-such-command");
  expect(unstarted.refused).toBeUndefined();
  expect((await stat(path.join(run, "touched"))).isFile()).toBe(true);
  await expect(stat(path.join(run, "never"))).rejects.toThrow("ENOENT");
  expect((await target.act("quit", "main", signal)).error).toContain("somebody else's");
  expect(await target.act("upgrade", "main", signal)).toMatchObject({
    output: expect.stringContaining("generation") as unknown,
  });
  expect(await target.output()).toContain("GET /up");
});

test("dying at boot is told with the code and the last lines", async () => {
  const boot = bootTarget(define(single, { mode: "die" }), options);
  const error = await boot.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(TargetBootError);
  expect(String(error)).toContain("exited with code 7 while booting");
  expect((error as TargetBootError).output).toBe("cannot find the frobnicator");
});

test("a target that never gets ready is given up, with its last answer", async () => {
  const boot = bootTarget(define(`${single}\nready: {path: /up, withinMs: 1500}`, { mode: "never" }), options);
  const error = await boot.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(TargetBootError);
  expect(String(error)).toContain("expected GET /up at main");
  expect(String(error)).toContain("within 1500 ms, last came status 503");
  expect((error as TargetBootError).output).toContain("GET /up");
});

test("a port that is taken is told before anything is started", async () => {
  await using server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const boot = bootTarget(define(`url: http://127.0.0.1:${port}`, { port: String(port) }), options);
  await expect(boot).rejects.toThrow(TargetBootError);
  await expect(boot).rejects.toThrow(`expected the port of 127.0.0.1:${port} to be free`);
});

test("a missing command names the packages, listed in requires or not", async () => {
  const requires = "requires: {commands: [sh, hupspec-no-such-command], debian: [some-package]}";
  const listed = bootTarget(define(`${single}\n${requires}`), options);
  await expect(listed).rejects.toThrow(TargetUnavailableError);
  await expect(listed).rejects.toThrow(
    "fixture: expected on PATH: hupspec-no-such-command (Debian: apt-get install some-package)",
  );
  const unlisted = bootTarget(
    parseTargetFile(
      `{hupspec: 1, name: x, role: proxy, url: "http://127.0.0.1:\${port}", start: [hupspec-no-such-command]}`,
      path.join(fixtures, "x.yaml"),
      fixtures,
    ),
    options,
  );
  await expect(unlisted).rejects.toThrow("x: expected on PATH: hupspec-no-such-command");
});

test("an aborted boot leaves nothing", async () => {
  const interrupt = new AbortController();
  const boot = bootTarget(define(`${single}\nready: {withinMs: 30000}`, { mode: "never" }), {
    ...options,
    signal: interrupt.signal,
  });
  interrupt.abort(new Error("enough"));
  await expect(boot).rejects.toThrow("enough");
});
