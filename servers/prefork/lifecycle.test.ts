import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readlinkSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { ask, BootedMaster, childrenOf, isAlive } from "./booted-master.testing.ts";

test("TTIN adds a worker, TTOU removes one, USR1 changes nothing", async () => {
  await using master = await BootedMaster.boot();
  const before = master.workers;
  master.signal("SIGTTIN");
  await master.seen("worker-ready", 3);
  expect(master.workers).toHaveLength(3);
  master.signal("SIGTTOU");
  await master.until(
    () => master.workers.length === 2,
    () => "one worker to leave",
  );
  master.signal("SIGUSR1");
  expect((await master.get("/")).status).toBe(200);
  expect(master.workers).toEqual(before);
  expect(master.records("worker-died")).toEqual([]);
});

test("a killed worker is replaced", async () => {
  await using master = await BootedMaster.boot();
  const [victim = -1, other] = master.workers;
  process.kill(victim, "SIGKILL");
  await master.seen("worker-ready", 3);
  expect((await master.seen("worker-died")).msg).toContain("SIGKILL");
  expect(master.workers).toHaveLength(2);
  expect(master.workers).toContain(other);
});

test("a worker whose event loop is silent is killed and replaced", async () => {
  await using master = await BootedMaster.boot(["--worker-timeout-ms", "400"]);
  const [victim = -1] = master.workers;
  process.kill(victim, "SIGSTOP");
  await master.seen("worker-ready", 3);
  await master.until(
    () => !isAlive(victim),
    () => "the stopped worker to be killed",
  );
  expect(master.workers).toHaveLength(2);
});

test("a worker that has served its quota is replaced without loss", async () => {
  await using master = await BootedMaster.boot(["--workers", "1", "--max-requests", "10"]);
  const [first] = master.workers;
  for (let index = 0; index < 25; index++) expect((await master.get("/")).status).toBe(200);
  await master.until(
    () => master.records("worker-left").length >= 1,
    () => "the first worker to leave",
  );
  expect(master.workers).not.toContain(first);
  expect(master.records("worker-died")).toEqual([]);
});

test("a crash loop backs off and leaves the others serving", async () => {
  await using master = await BootedMaster.boot(["--backoff-min-ms", "200"]);
  master.release({ generation: 2, boot: { mode: "fail" } });
  const [victim = -1] = master.workers;
  process.kill(victim, "SIGKILL");
  await master.seen("back-off", 3);
  expect(master.records("back-off").map(({ msg }) => msg)).toEqual(
    [200, 400, 800].map((ms) => `no new worker for ${ms} ms`),
  );
  expect((await master.get("/")).headers["x-hupspec-generation"]).toBe("1");
});

test("TERM drains a held request, refuses new ones, removes the pid file and exits 0", async () => {
  await using master = await BootedMaster.boot();
  const pidFile = path.join(master.folder, "pid");
  expect(readFileSync(pidFile, "utf8")).toBe(`${master.pid}\n`);
  const held = master.get("/hold?gate=g");
  await master.until(
    () => existsSync(path.join(master.folder, "g.entered")),
    () => "the gate",
  );
  master.signal("SIGTERM");
  await master.seen("worker-left");
  await expect(master.get("/")).rejects.toThrow("ECONNREFUSED");
  writeFileSync(path.join(master.folder, "g.open"), "");
  expect((await held).status).toBe(200);
  expect(await master.ended()).toBe(0);
  expect(existsSync(pidFile)).toBe(false);
  expect((await master.seen("stopped")).msg).toBe("exit status 0");
});

test.each(["SIGINT", "SIGQUIT"] as const)("%s stops at once, requests in flight or not", async (signal) => {
  await using master = await BootedMaster.boot();
  const held = expect(master.get("/hold?gate=g")).rejects.toThrow();
  await master.until(
    () => existsSync(path.join(master.folder, "g.entered")),
    () => "the gate",
  );
  master.signal(signal);
  expect(await master.ended()).toBe(0);
  await held;
});

test("a master killed hard leaves no worker", async () => {
  await using master = await BootedMaster.boot();
  const { workers } = master;
  expect(workers).toHaveLength(2);
  master.signal("SIGKILL");
  await master.ended();
  await master.until(
    () => workers.every((pid) => !isAlive(pid)),
    () => "the workers to leave",
  );
});

test("a subprocess of the application does not hold the listener", async () => {
  await using master = await BootedMaster.boot(["--workers", "1"]);
  const [worker = -1] = master.workers;
  const listener = readlinkSync(`/proc/${worker}/fd/3`);
  expect(listener).toMatch(/^socket:/);
  expect((await master.get("/child")).status).toBe(200);
  const [child = -1] = childrenOf(worker);
  await master.until(
    () => readFileSync(`/proc/${child}/cmdline`, "utf8").startsWith("sleep"),
    () => "sleep",
  );
  const held = readdirSync(`/proc/${child}/fd`).map((fd) => readlinkSync(`/proc/${child}/fd/${fd}`));
  expect(held).not.toContain(listener);
});

test("serves on a unix socket, whose path goes with the server", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "prefork-unix-"));
  const socketPath = path.join(folder, "app.sock");
  {
    await using master = await BootedMaster.boot([], socketPath);
    expect((await ask({ socketPath, path: "/" })).status).toBe(200);
    master.signal("SIGHUP");
    await master.seen("reload-done");
    expect((await ask({ socketPath, path: "/" })).status).toBe(200);
    master.signal("SIGTERM");
    expect(await master.ended()).toBe(0);
    expect(existsSync(socketPath)).toBe(false);
  }
  await rm(folder, { recursive: true });
});

test("a burst of records from all workers arrives whole, with no record missing", async () => {
  await using master = await BootedMaster.boot();
  const sizes = [200, 4097, 65_537, 1024 ** 2];
  const answers = await Promise.all(
    sizes.flatMap((bytes) =>
      [0, 1, 2, 3].map(() => master.get(`/log?records=${bytes > 70_000 ? 2 : 200}&bytes=${bytes}`)),
    ),
  );
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  master.signal("SIGTERM");
  await master.ended();
  await master.seen("stopped");
  const records = master.records("record");
  expect(records).toHaveLength(4 * (3 * 200 + 2));
  for (const writer of new Set(records.map((record) => record.writer))) {
    const all = master.lines
      .map((line) => JSON.parse(line) as (typeof records)[0])
      .filter((line) => line.writer === writer);
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index));
  }
});

test("without descriptors to start a worker with, a reload fails and the old workers go on", async () => {
  await using master = await BootedMaster.boot();
  const limit = (count: number): Buffer => execFileSync("prlimit", [`--pid=${master.pid}`, `--nofile=${count}:`]);
  master.release({ generation: 2 });
  limit(5);
  master.signal("SIGHUP");
  expect((await master.seen("reload-failed")).msg).toContain("EMFILE");
  expect((await master.get("/")).headers["x-hupspec-generation"]).toBe("1");
  limit(1024);
  master.signal("SIGHUP");
  expect((await master.seen("reload-done")).msg).toContain("of generation 2");
});
