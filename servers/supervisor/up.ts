import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadStackFile } from "../stack-file/load.ts";
import { askJson, ControlError } from "./control/client.ts";
import type { ProgramFacts } from "./control/status-table.ts";

const MAIN = path.join(import.meta.dirname, "main.ts");
const LOOK_EVERY_MS = 50;
/** All programs have to be running by then. */
const UP_MS = 60_000;
/** A program that failed to start this often is not waited for. */
const MAX_FAILURES = 3;

/** The supervisor as a child on the same terminal: signals pass on to it, its exit code is ours. */
export async function upInForeground(config: string): Promise<number> {
  const child = spawn(process.execPath, [MAIN, "--config", config], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

/**
 * Starts the supervisor in the background, its own log in `<logDir>/_supervisor.log`, and resolves to a line about it
 * when all programs are running. If one can't be started, everything is stopped again.
 *
 * @throws {ControlError} with the reason.
 */
export async function upDetached(config: string, env: NodeJS.ProcessEnv): Promise<string> {
  const stack = await loadStackFile(config, env);
  await mkdir(stack.logDir, { recursive: true, mode: 0o750 });
  const file = path.join(stack.logDir, "_supervisor.log");
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  await using log = await open(file, flags, 0o640);
  const { size } = await log.stat();
  const child = spawn(process.execPath, [MAIN, "--config", path.resolve(config)], {
    stdio: ["ignore", log.fd, log.fd],
    detached: true,
    env,
  });
  try {
    await allRunning(child, stack.control.socket);
  } catch (error) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    const said = Buffer.alloc(2_000);
    const { bytesRead } = await log.read(said, 0, said.length, size);
    const first = said.subarray(0, bytesRead).toString().split("\n")[0] ?? "";
    const reason = error instanceof ControlError && error.message !== "" ? error.message : `it said: ${first}`;
    throw new ControlError(`the stack did not come up: ${reason} (${file})`, { cause: error });
  }
  child.unref();
  return `supervisor ${child.pid} is up, its log is ${file}`;
}

async function allRunning(child: ChildProcess, socket: string): Promise<void> {
  const deadline = performance.now() + UP_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new ControlError("");
    const programs = await programsBehind(socket, child.pid);
    const failing = programs?.find(({ failures }) => failures >= MAX_FAILURES);
    if (failing) {
      throw new ControlError(`${failing.name} fails to start (${JSON.stringify(failing.lastExit)})`);
    }
    const waiting = programs?.find(({ state }) => state !== "running" && state !== "stopped");
    if (programs && !waiting) return;
    if (performance.now() > deadline) throw new ControlError(`${waiting?.name ?? "the supervisor"} is not running yet`);
    await sleep(LOOK_EVERY_MS);
  }
}

type Facts = ProgramFacts & { readonly failures: number; readonly lastExit: unknown };

/** Undefined while the supervisor does not answer yet, or another one does. */
async function programsBehind(socket: string, pid: number | undefined): Promise<Facts[] | undefined> {
  try {
    const status = await askJson<{ pid: number; started: boolean; programs: Facts[] }>(socket, "GET", "/status");
    return status.pid === pid && status.started ? status.programs : undefined;
  } catch (error) {
    if (error instanceof ControlError) return undefined;
    throw error;
  }
}
