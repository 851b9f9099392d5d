import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Readable } from "node:stream";
import { createInterface, type Interface } from "node:readline";
import { expect, test } from "vitest";

/** Says who it is; ends by TERM once it has said so, or unasked with 3 when it is told to. */
const SERVER = `
  process.on("SIGTERM", () => { console.log("bye " + process.pid); process.exit(0); });
  process.on("SIGUSR1", () => process.exit(3));
  setInterval(() => {}, 1000);
  console.log("up " + process.pid);
`;

class Restarted implements AsyncDisposable {
  readonly shell: ChildProcessByStdio<null, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor() {
    const script = path.join(import.meta.dirname, "restart.sh");
    this.shell = spawn("sh", [script, process.execPath, "-e", SERVER], {
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    this.#reader = createInterface(this.shell.stdout);
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** The pid in the next line, which has to begin with `word`. */
  async says(word: string): Promise<number> {
    const { value } = await this.#lines.next();
    expect(value).toMatch(new RegExp(`^${word} \\d+$`));
    return Number(String(value).split(" ")[1]);
  }

  /** Resolves when neither is left: both hold the pipe. */
  async falls(): Promise<void> {
    expect((await this.#lines.next()).done).toBe(true);
  }

  /** Has the server end unasked. */
  async fails(): Promise<void> {
    const server = await this.says("up");
    process.kill(server, "SIGUSR1");
    while (isAlive(server)) await new Promise((resolve) => setImmediate(resolve));
  }

  async end(): Promise<number | null> {
    if (this.shell.exitCode === null && this.shell.signalCode === null) await once(this.shell, "exit");
    return this.shell.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reader.close();
    try {
      process.kill(-(this.shell.pid ?? 0), "SIGKILL");
    } catch {
      // All of it is gone already.
    }
    await this.end();
  }
}

test("HUP ends the server and starts another one, again and again; TERM ends both", async () => {
  await using restarted = new Restarted();
  let running = await restarted.says("up");
  for (let round = 0; round < 2; round++) {
    restarted.shell.kill("SIGHUP");
    expect(await restarted.says("bye")).toBe(running);
    const next = await restarted.says("up");
    expect(next).not.toBe(running);
    running = next;
  }
  restarted.shell.kill("SIGTERM");
  expect(await restarted.says("bye")).toBe(running);
  expect(await restarted.end()).toBe(0);
});

test("a server that ended unasked is started again by the next HUP", async () => {
  await using restarted = new Restarted();
  await restarted.fails();
  restarted.shell.kill("SIGHUP");
  await restarted.says("up");
});

test("a server that ended unasked is left alone until TERM ends the rest, with its status", async () => {
  await using restarted = new Restarted();
  await restarted.fails();
  restarted.shell.kill("SIGTERM");
  expect(await restarted.end()).toBe(3);
});

test("a manager that is killed takes the server along", async () => {
  await using restarted = new Restarted();
  await restarted.says("up");
  restarted.shell.kill("SIGKILL");
  await restarted.falls();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
