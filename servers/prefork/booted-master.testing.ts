import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/* Test support: a real master in a process group of its own, and plain clients. */

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
export const NODE_HTTP_APP = fileURLToPath(new URL("../apps/node-http.ts", import.meta.url));

const WAIT_MS = 15_000;

export interface LogLine {
  readonly event: string;
  readonly msg: string;
  readonly app: string;
  readonly pid: number;
  readonly id?: string;
  readonly seq: number;
  readonly writer: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export class BootedMaster {
  readonly folder: string;
  readonly lines: string[] = [];
  port = 0;
  readonly #child: ChildProcess;
  #partial = "";
  #changed: (() => void)[] = [];

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (this.#partial + text).split("\n");
      this.#partial = lines.pop() ?? "";
      this.lines.push(...lines);
      for (const wake of this.#changed.splice(0)) wake();
    });
    child.once("close", () => {
      for (const wake of this.#changed.splice(0)) wake();
    });
  }

  /** Serves the plain sample app, unless the flags name another; resolves when it is ready. */
  static boot(flags: readonly string[] = [], listen = "127.0.0.1:0"): Promise<BootedMaster> {
    return BootedMaster.bootWith(["--app", NODE_HTTP_APP, "--listen", listen, "--pid", "pid", ...flags]);
  }

  /** Starts with these arguments alone, in a folder of its own that is the release, generation 1, and holds the gates. */
  static async bootWith(flags: readonly string[]): Promise<BootedMaster> {
    const folder = mkdtempSync(path.join(tmpdir(), "prefork-"));
    writeRelease(folder, { generation: 1 });
    const args = [MAIN, ...flags];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      detached: true,
      stdio: ["ignore", "inherit", "pipe"],
      env: { ...process.env, HUPSPEC_RELEASE: folder, HUPSPEC_GATES: folder },
    });
    const master = new BootedMaster(folder, child);
    const { msg } = await master.seen("listening");
    master.port = Number(msg.split(":").at(-1));
    await master.seen("started");
    return master;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  get workers(): number[] {
    return childrenOf(this.pid);
  }

  release(release: object): void {
    writeRelease(this.folder, release);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  records(event: string): LogLine[] {
    return this.lines
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as LogLine)
      .filter((line) => line.event === event);
  }

  /** The `count`-th record of the event. */
  async seen(event: string, count = 1): Promise<LogLine> {
    const what = `record ${count} of "${event}"`;
    await this.until(
      () => this.records(event).length >= count,
      () => `${what} in\n${this.lines.slice(-40).join("\n")}`,
    );
    const record = this.records(event)[count - 1];
    if (!record) throw new Error(`${what} has gone`);
    return record;
  }

  async until(condition: () => boolean, what: () => string): Promise<void> {
    const deadline = performance.now() + WAIT_MS;
    while (!condition()) {
      if (performance.now() > deadline) throw new Error(`waited in vain for ${what()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#changed.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  get(target = "/", agent: http.Agent | false = false, method = "GET"): Promise<Answer> {
    return ask({ port: this.port, path: target, agent, method });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
    await this.ended();
    rmSync(this.folder, { recursive: true });
  }
}

export function ask(options: http.RequestOptions, body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.once("error", reject);
    request.end(body);
  });
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; only its parent has not looked yet.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

export function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid && isAlive(candidate));
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")[1],
    );
  } catch {
    return undefined;
  }
}

/** By rename, as a deploy does it: a worker that boots meanwhile must not read half a file. */
function writeRelease(folder: string, release: object): void {
  const draft = path.join(folder, "release.json.new");
  writeFileSync(draft, JSON.stringify(release));
  renameSync(draft, path.join(folder, "release.json"));
}
