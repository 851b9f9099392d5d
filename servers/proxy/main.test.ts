import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { Client, FakeUpstream, OK, until } from "./testing/fixture.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** The proxy as a process, with a stack file that can be rewritten. */
class Running implements AsyncDisposable {
  readonly folder: string;
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(folder: string, extra: readonly string[]) {
    this.folder = folder;
    const args = [
      path.join(import.meta.dirname, "main.ts"),
      "--config",
      path.join(folder, "stack.yaml"),
      "--program",
      "front",
      ...extra,
    ];
    this.process = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.process.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.process.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
  }

  static async start(
    upstream: string,
    settings = "",
    extra: readonly string[] = [],
    listen?: string,
  ): Promise<Running> {
    const folder = await mkdtemp(path.join(os.tmpdir(), "hupspec-proxy-"));
    await configure(folder, upstream, settings, listen);
    return new Running(folder, extra);
  }

  async event(name: string, count = 1): Promise<string> {
    await until(
      () => this.stderr.split(`"event":"${name}"`).length > count,
      () => `the event ${name} in ${this.stderr}`,
    );
    return this.stderr;
  }

  async port(): Promise<number> {
    const ready = /serving on 127\.0\.0\.1:(\d+)/.exec(await this.event("ready"));
    return Number(ready?.[1]);
  }

  async exit(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "close");
    return this.process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exit();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function configure(folder: string, upstream: string, settings = "", listen = "127.0.0.1:0"): Promise<void> {
  const text = `sites: {all: {hosts: ["*"], upstream: "${upstream}"}}\nprograms: {front: {proxy: {listen: "${listen}"${settings}}}}\n`;
  await writeFile(path.join(folder, "stack.yaml"), text);
}

test("HUP takes up a good file and refuses a bad one; connections stay", async () => {
  await using one = await FakeUpstream.start((socket) => socket.write(OK.replace("ok", "11")));
  await using two = await FakeUpstream.start((socket) => socket.write(OK.replace("ok", "22")));
  await using front = await Running.start(one.address);
  using client = await Client.connect(await front.port());
  await client.send(GET).sees("\r\n\r\n11");
  await writeFile(path.join(front.folder, "stack.yaml"), "programs: {front: {proxy: {lisen: x}}}\n");
  front.process.kill("SIGHUP");
  expect(await front.event("reload-refused")).toMatch(/stack\.yaml:1:\d+: programs\.front\.proxy/);
  await client.send(GET).sees("\r\n\r\n11", 2);
  await configure(front.folder, two.address);
  front.process.kill("SIGHUP");
  await front.event("reloaded");
  await client.send(GET).sees("\r\n\r\n22");
  expect(await readFile(path.join(front.folder, "run/front.pid"), "utf8")).toBe(`${front.process.pid}\n`);
});

test("HUP moves to another address: connections stay, the old address is closed; one that is taken is refused", async () => {
  await using upstream = await FakeUpstream.start((socket) => socket.write(OK));
  await using other = await FakeUpstream.start(() => undefined);
  await using front = await Running.start(upstream.address);
  const oldPort = await front.port();
  using client = await Client.connect(oldPort);
  await client.send(GET).sees("ok");
  await configure(front.folder, upstream.address, "", other.address);
  front.process.kill("SIGHUP");
  expect(await front.event("reload-refused")).toContain("EADDRINUSE");
  await client.send(GET).sees("200 OK", 2);
  await configure(front.folder, upstream.address, "", "localhost:0");
  front.process.kill("SIGHUP");
  const moved = /took up .* serving on (?:127\.0\.0\.1|\[::1\]):(\d+)/.exec(await front.event("reloaded"));
  expect(Number(moved?.[1])).not.toBe(oldPort);
  await client.send(GET).sees("200 OK", 3);
  await expect(Client.connect(oldPort)).rejects.toThrow("ECONNREFUSED");
});

test("TERM under load loses nothing and ends with 0; every request has its record", async () => {
  await using upstream = await FakeUpstream.start((socket) => void setTimeout(() => socket.write(OK), 2));
  await using front = await Running.start(upstream.address, ", idleGraceMs: 200");
  const port = await front.port();
  let answered = 0;
  let unanswered = 0;
  const session = async (): Promise<void> => {
    using client = await Client.connect(port);
    for (let count = 1; !client.text.includes("Connection: close"); count++) {
      await client
        .send(GET)
        .sees("\r\n\r\nok", count)
        .catch(() => unanswered++);
      if (unanswered > 0) return;
      answered++;
    }
    await client.closed();
  };
  using idle = await Client.connect(port);
  await idle.send(GET).sees("ok");
  const sessions = Array.from({ length: 8 }, session);
  await until(
    () => answered > 200,
    () => "some load",
  );
  front.process.kill("SIGTERM");
  await Promise.all(sessions);
  expect(await idle.closed()).toBe("fin");
  expect(await front.exit()).toBe(0);
  expect(unanswered).toBe(0);
  const lines = front.stdout.split("\n").filter(Boolean);
  expect(lines).toHaveLength(answered + 1);
  for (const [seq, line] of lines.entries()) {
    expect(JSON.parse(line)).toMatchObject({ app: "front", generation: 0, seq, event: "access", status: 200 });
    const at = line.lastIndexOf(',"sum":"');
    expect(line.slice(at)).toBe(`,"sum":"${crc32(line.slice(0, at)).toString(16).padStart(8, "0")}"}`);
  }
  await expect(readFile(path.join(front.folder, "run/front.pid"), "utf8")).rejects.toThrow("ENOENT");
});

test("a request in flight at TERM completes; one that outlives the deadline is cut, and the log says so", async () => {
  await using upstream = await FakeUpstream.start(
    (socket, text) => void (text.startsWith("GET /slow") && setTimeout(() => socket.write(OK), 200)),
  );
  await using front = await Running.start(upstream.address, ", gracefulTimeoutMs: 800");
  const port = await front.port();
  using slow = await Client.connect(port);
  using stuck = await Client.connect(port);
  slow.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  stuck.send(GET);
  await until(
    () => upstream.connections.length === 2,
    () => "both requests at the upstream",
  );
  front.process.kill("SIGTERM");
  await slow.sees("ok");
  await stuck.closed();
  expect(await front.exit()).toBe(0);
  expect(slow.text).toContain("Connection: close");
  expect(front.stderr).toContain("1 connections were busy at the deadline and were cut");
  expect(front.stdout.split('"event":"access"')).toHaveLength(3);
});

test("a body that turned out malformed keeps no stopped proxy alive", async () => {
  await using upstream = await FakeUpstream.start(() => undefined);
  await using front = await Running.start(upstream.address);
  using client = await Client.connect(await front.port());
  await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n").closed();
  front.process.kill("SIGTERM");
  await front.event("stopped");
  // Its time for lingering bodies is longer than this.
  expect(await Promise.race([front.exit(), delay(3_000, "still there")])).toBe(0);
});

test("QUIT stops at once, also while a graceful stop goes on", async () => {
  await using upstream = await FakeUpstream.start(() => undefined);
  await using front = await Running.start(upstream.address);
  using stuck = await Client.connect(await front.port());
  stuck.send(GET);
  await until(
    () => upstream.connections.length === 1,
    () => "the request at the upstream",
  );
  front.process.kill("SIGTERM");
  await front.event("stopping");
  front.process.kill("SIGQUIT");
  expect(await front.exit()).toBe(0);
});

test("USR1 opens the access log anew", async () => {
  await using upstream = await FakeUpstream.start((socket) => socket.write(OK));
  await using front = await Running.start(upstream.address, ", accessLog: access.log");
  using client = await Client.connect(await front.port());
  const file = path.join(front.folder, "logs/access.log");
  await client.send(GET).sees("ok");
  await rename(file, `${file}.1`);
  front.process.kill("SIGUSR1");
  await front.event("reopened");
  await client.send(GET).sees("200 OK", 2);
  front.process.kill("SIGQUIT");
  await front.exit();
  const seqs = async (name: string): Promise<unknown[]> =>
    (await readFile(name, "utf8"))
      .split("\n")
      .filter(Boolean)
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
  expect([await seqs(`${file}.1`), await seqs(file)]).toEqual([[0], [1]]);
});

test("--check tells a sound file from a wrong one", async () => {
  await using sound = await Running.start("127.0.0.1:1", "", ["--check"]);
  await using wrong = await Running.start("127.0.0.1:1", ", pool: 3", ["--check"]);
  expect([await sound.exit(), await wrong.exit()]).toEqual([0, 2]);
  expect(wrong.stderr).toMatch(/stack\.yaml:2:\d+: /);
});

test("an address that is taken is no start: exit 1 with the reason, and no pid file", async () => {
  await using other = await FakeUpstream.start(() => undefined);
  await using taken = await Running.start("127.0.0.1:1", "", [], other.address);
  expect(await taken.exit()).toBe(1);
  expect(taken.stderr).toContain("EADDRINUSE");
  await expect(readFile(path.join(taken.folder, "run/front.pid"), "utf8")).rejects.toThrow("ENOENT");
});
