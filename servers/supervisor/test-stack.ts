import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { vi } from "vitest";
import { askJson } from "./control/client.ts";
import { members } from "./process-group.ts";

/** Bound of every wait of these tests, in milliseconds. */
const WAIT_MS = 15_000;

/** A supervisor of programs written for one test, in a folder of its own. */
export class TestStack implements AsyncDisposable {
  readonly folder: string;
  readonly #children: ChildProcess[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(yaml: string): Promise<TestStack> {
    const stack = new TestStack(await fs.mkdtemp(path.join(os.tmpdir(), "stack-")));
    await stack.write("stack.yaml", yaml);
    return stack;
  }

  get config(): string {
    return this.path("stack.yaml");
  }

  get socket(): string {
    return this.path("run/control/admin.sock");
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  write(name: string, text: string): Promise<void> {
    return fs.writeFile(this.path(name), text);
  }

  /** Empty where there is no such file. */
  read(name: string): Promise<string> {
    return fs.readFile(this.path(name), "utf8").catch(() => "");
  }

  log(program: string): Promise<string> {
    return this.read(`logs/${program}.log`);
  }

  run(entry: "main.ts" | "ctl.ts", args: readonly string[]): Running {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, entry), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.push(child);
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    const ended = once(child, "close").then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
    return { child, output, ended };
  }

  /** Starts the supervisor; resolves when all has been started. */
  async up(): Promise<Running> {
    const running = this.run("main.ts", ["--config", this.config]);
    await vi.waitFor(async () => {
      if (running.child.exitCode !== null) throw new Error(running.output.stderr);
      const { started } = await askJson<{ started: boolean }>(this.socket, "GET", "/status");
      if (!started) throw new Error("not started yet");
    }, WAIT_MS);
    return running;
  }

  async ctl(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { output, ended } = this.run("ctl.ts", ["--config", this.config, ...args]);
    const { code } = await ended;
    return { code, ...output };
  }

  program(name: string): Promise<Facts> {
    return askJson<Facts>(this.socket, "GET", `/programs/${name}`);
  }

  async pid(name: string): Promise<number> {
    return (await askJson<{ pid: number }>(this.socket, "GET", `/programs/${name}/pid`)).pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), WAIT_MS);
      await once(child, "exit");
      clearTimeout(late);
    }
    await fs.rm(this.folder, { recursive: true, force: true });
  }
}

export interface Running {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

export interface Facts {
  readonly state: string;
  readonly pid: number | null;
  readonly restarts: number;
  readonly failures: number;
}

export async function eventually(look: () => Promise<void> | void): Promise<void> {
  await vi.waitFor(look, { timeout: WAIT_MS, interval: 20 });
}

export function groupIsGone(pgid: number): Promise<void> {
  return eventually(() => {
    if (members(pgid).length > 0) throw new Error(`processes of group ${pgid} are alive`);
  });
}

/** A program of `sh`, as a value of `command`. */
export function shell(script: string): string {
  return JSON.stringify(["sh", "-c", script]);
}
