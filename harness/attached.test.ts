import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { scenarios } from "../scenarios/index.ts";
import { reloadUnderLoad } from "../scenarios/reload/under-load.ts";
import { isRunning } from "./process/process-group.ts";
import { waitUntil } from "./process/wait-until.ts";
import { runSuite } from "./suite.ts";

/* A service that runs already and is deployed by a script: the suite is a visitor. */

const fixtures = path.join(import.meta.dirname, "targets", "fixtures");
const server = path.join(fixtures, "server.ts");
let folder: string;
let port: number;

const pid = async (): Promise<number> => Number(await readFile(path.join(folder, "pid"), "utf8"));

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-attached-"));
  port = await freePort();
  await writeFile(path.join(folder, "release.json"), `{"generation": "v0"}\n`);
  const args = [server, "--release", folder, "--pidfile", path.join(folder, "pid"), "--port", String(port)];
  spawn(process.execPath, args, { detached: true, stdio: "ignore" }).unref();
  expect(await waitUntil(() => pid().then(isRunning, () => false), 10_000)).toBe(true);
});

afterEach(async () => {
  const last = await pid();
  process.kill(last, "SIGKILL");
  await waitUntil(() => !isRunning(last), 5_000);
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const holder = createServer().listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = holder.address() as AddressInfo;
  const closed = Promise.withResolvers<void>();
  holder.close(() => closed.resolve());
  await closed.promise;
  return port;
}

async function judge(reload: readonly string[], settleMs = 2_000) {
  const file = path.join(folder, "t.yaml");
  await writeFile(
    file,
    `hupspec: 1\nname: attached\nrole: app-server\nurl: http://127.0.0.1:${port}\nworkers: 1\nsettleMs: ${settleMs}\n` +
      `probe: {path: /, generation: {header: x-app-version}}\nactions: {reload: {command: ${JSON.stringify(reload)}}}\n`,
  );
  const record = await runSuite({
    targets: [file],
    only: [reloadUnderLoad.id, "reload/loop"],
    packageRoot: path.resolve(import.meta.dirname, ".."),
    hupspecVersion: "0.0.0",
    scenarios,
    env: process.env,
    cwd: folder,
    signal: new AbortController().signal,
    command: "test",
    onProgress: () => undefined,
  });
  const target = record.targets[0];
  if (!target) throw new Error("expected a target in the record");
  return { target, of: (id: string) => target.verdicts.find(({ requirement }) => requirement === id) };
}

const script = (name: string): string => path.join(fixtures, "attached", name);
const RELOAD = [script("reload.sh"), "${targetDir}", "${generation}"];

it("is judged by what its answers show, and is left as it was found", { timeout: 60_000 }, async () => {
  const before = await pid();
  const { target, of } = await judge(RELOAD);
  expect(target).toMatchObject({ status: "ok", reason: "" });
  expect(of("availability/reload-loses-nothing")).toMatchObject({ verdict: "pass" });
  expect(of("generation/new-code-serves")).toMatchObject({ verdict: "pass" });
  expect(of("resources/no-zombies")).toMatchObject({
    verdict: "unsupported",
    reason: expect.stringContaining("processes"),
  });
  expect(of("availability/reload-loop-loses-nothing")).toMatchObject({ verdict: "unsupported" });
  expect(await pid()).toBe(before);
  expect(isRunning(before)).toBe(true);
});

it("fails where its deploy drops requests, and what the deploy started goes on", { timeout: 60_000 }, async () => {
  const before = await pid();
  const restart = [script("restart.sh"), ...RELOAD.slice(1), "${node}", server, String(port)];
  const { of } = await judge(restart);
  expect(of("availability/reload-loses-nothing")).toMatchObject({
    verdict: "fail",
    observed: expect.stringMatching(/^[1-9]\d* of \d+ requests lost in 5 reloads: .*refused/),
  });
  expect(await pid()).not.toBe(before);
  expect(isRunning(await pid())).toBe(true);
});

it("is not judged by a deploy without effect, or one that fails", { timeout: 60_000 }, async () => {
  const idle = await judge(["true"], 300);
  expect(idle.of("availability/reload-loses-nothing")).toMatchObject({
    verdict: "inconclusive",
    reason: expect.stringContaining("the reload had no effect"),
  });
  const failing = await judge(["false"], 300);
  expect(failing.of("availability/reload-loses-nothing")).toMatchObject({
    verdict: "inconclusive",
    reason: expect.stringContaining("false: it exited with code 1"),
  });
});
