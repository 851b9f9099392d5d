import { spawn, type ChildProcess } from "node:child_process";
import { closeLate } from "../log-record/late-output.ts";
import type { ProgramSettings } from "../stack-file/schema.ts";
import type { Guard } from "./guard.ts";
import type { Tell } from "./journal.ts";
import { kindOf, type Launch } from "./launch.ts";
import type { Capture } from "./logs/capture.ts";
import { endGroup, send } from "./process-group.ts";
import { backoffMs, transition, type ProgramAction, type ProgramEvent, type ProgramState } from "./program-state.ts";

/** What is left of a group after an exit that nobody asked for has this long to follow. */
const STRAGGLERS_MS = 5_000;
/** Output is read on for this long where a process outside the group holds the pipe open. */
const LATE_OUTPUT_MS = 1_000;

export interface ProgramOptions {
  readonly name: string;
  readonly settings: ProgramSettings;
  readonly launch: Launch;
  readonly capture: Capture;
  readonly guard: Guard;
  readonly tell: Tell;
}

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly error?: string;
  readonly at: string;
}

/** One program and its process: carries out what the table of `program-state.ts` decides. */
export class Program {
  readonly name: string;
  readonly capture: Capture;
  readonly #guard: Guard;
  readonly #tell: Tell;
  readonly #watchers = new Set<() => void>();
  readonly #timers = new Map<"settled" | "deadline" | "retry", NodeJS.Timeout>();
  settings: ProgramSettings;
  launch: Launch;
  #state: ProgramState = { kind: "stopped" };
  #child: ChildProcess | undefined;
  #channels: Promise<unknown> = Promise.resolve();
  #startedAt: string | undefined;
  #starts = 0;
  #deadlineAt = 0;
  #lastExit: Exit | undefined;

  constructor({ name, settings, launch, capture, guard, tell }: ProgramOptions) {
    this.name = name;
    this.settings = settings;
    this.launch = launch;
    this.capture = capture;
    this.#guard = guard;
    this.#tell = tell;
  }

  get state(): ProgramState {
    return this.#state;
  }

  /** Undefined while no process is alive. */
  get pid(): number | undefined {
    return ["starting", "running", "stopping"].includes(this.#state.kind) ? this.#child?.pid : undefined;
  }

  get facts() {
    return {
      name: this.name,
      kind: kindOf(this.settings),
      state: this.#state.kind,
      pid: this.pid ?? null,
      startedAt: this.#startedAt ?? null,
      restarts: Math.max(0, this.#starts - 1),
      failures: "failures" in this.#state ? this.#state.failures : 0,
      lastExit: this.#lastExit ?? null,
    };
  }

  start(): void {
    this.#dispatch({ kind: "start" });
  }

  /** Resolves when the process, its group and its output are done with. */
  async stop(): Promise<void> {
    this.#dispatch({ kind: "stop" });
    await this.until(({ kind }) => kind === "stopped");
  }

  /** Resolves when the old process is gone and the new one is started (or waits for its next try). */
  async restart(): Promise<void> {
    const before = this.#starts;
    this.#dispatch({ kind: "restart" });
    await this.until(({ kind }) => this.#starts > before || kind === "stopped");
  }

  /** False if there is no process to send it to. */
  signal(signal: NodeJS.Signals): boolean {
    const { pid } = this;
    return pid !== undefined && send(pid, signal);
  }

  /** Resolves when the state is one that `wanted` accepts; rejects when `signal` aborts. */
  until(wanted: (state: ProgramState) => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!wanted(this.#state) && !signal?.aborted) return;
        this.#watchers.delete(look);
        signal?.removeEventListener("abort", look);
        if (wanted(this.#state)) resolve();
        else reject(signal?.reason as Error);
      };
      this.#watchers.add(look);
      signal?.addEventListener("abort", look);
      look();
    });
  }

  #dispatch(event: ProgramEvent): void {
    const { state, actions } = transition(this.#state, event);
    this.#state = state;
    if (state.kind !== "backoff") this.#disarm("retry");
    if (state.kind !== "starting") this.#disarm("settled");
    if (state.kind !== "stopping") this.#disarm("deadline");
    for (const action of actions) this.#act(action);
    for (const watcher of this.#watchers) watcher();
  }

  #act(action: ProgramAction): void {
    switch (action.do) {
      case "spawn":
        this.#spawn();
        return;
      case "signal": {
        const { stopSignal, stopMs } = this.settings;
        this.#deadlineAt = performance.now() + stopMs;
        this.#arm("deadline", stopMs);
        this.signal(`SIG${stopSignal}`);
        return;
      }
      case "kill-group":
        this.#tell("warn", "killed", `${this.name} did not stop within ${this.settings.stopMs} ms`);
        if (this.#child?.pid !== undefined) send(-this.#child.pid, "SIGKILL");
        return;
      case "clear":
        void this.#clear();
        return;
      case "wait": {
        const delayMs = backoffMs(action.failures, this.settings.backoffMinMs, this.settings.backoffMaxMs);
        this.#tell("warn", "backoff", `${this.name} failed to start, next try in ${delayMs} ms`, {
          ...action,
          delayMs,
        });
        this.#arm("retry", delayMs);
      }
    }
  }

  #spawn(): void {
    const { command, cwd, env } = this.launch;
    const [file, ...args] = command;
    this.#starts++;
    this.#startedAt = new Date().toISOString();
    this.#deadlineAt = 0;
    this.#arm("settled", this.settings.startMs);
    this.#channels = Promise.resolve();
    const child = spawnOrError(file, args, { cwd, env });
    const ended = (exit: Omit<Exit, "at">) => {
      this.#lastExit = { ...exit, at: new Date().toISOString() };
      const wanted = this.#state.kind === "stopping";
      const how = exit.error ?? (exit.signal === null ? `code ${exit.code}` : exit.signal);
      this.#tell(wanted ? "info" : "warn", "exited", `${this.name} has ended: ${how}`);
      this.#dispatch({ kind: "exited" });
    };
    if (child instanceof Error) {
      ended({ code: null, signal: null, error: child.message });
      return;
    }
    if (child.pid === undefined) {
      child.once("error", (error) => ended({ code: null, signal: null, error: error.message }));
      return;
    }
    this.#child = child;
    this.#channels = Promise.all([
      this.capture.attach(child.stdout, "standard output"),
      this.capture.attach(child.stderr, "standard error"),
    ]);
    // Of a running child, a failed kill: it has its own outcome.
    child.on("error", (error) => this.#tell("warn", "child-error", `${this.name}: ${error.message}`));
    child.once("exit", (code, signal) => ended({ code, signal }));
    this.#guard.add(child.pid);
    this.#tell("info", "started", `${this.name} is started`, { child: child.pid });
  }

  /** The group first: what is left of it may still write, and would hold a port against the next start. */
  async #clear(): Promise<void> {
    const child = this.#child;
    if (child?.pid !== undefined) {
      const left = this.#deadlineAt - performance.now();
      const graceMs = this.#deadlineAt > 0 ? Math.max(0, left) : Math.min(this.settings.stopMs, STRAGGLERS_MS);
      const killed = await endGroup(child.pid, graceMs);
      if (killed > 0) this.#tell("warn", "stragglers", `${killed} processes of ${this.name} had to be killed`);
      this.#guard.remove(child.pid);
    }
    const channels = [child?.stdout, child?.stderr].filter((channel) => channel !== null && channel !== undefined);
    if (await closeLate(channels, this.#channels, LATE_OUTPUT_MS)) {
      this.#tell("warn", "output-abandoned", `a process outside the group of ${this.name} still holds its output`);
    }
    await this.#channels;
    this.#child = undefined;
    this.#dispatch({ kind: "cleared" });
  }

  #arm(kind: "settled" | "deadline" | "retry", delayMs: number): void {
    this.#disarm(kind);
    this.#timers.set(
      kind,
      setTimeout(() => this.#dispatch({ kind }), delayMs),
    );
  }

  #disarm(kind: "settled" | "deadline" | "retry"): void {
    clearTimeout(this.#timers.get(kind));
    this.#timers.delete(kind);
  }
}

/** Most reasons why a program can't be started come as an event; some (a file where a folder is expected) are thrown. */
function spawnOrError(file: string, args: readonly string[], { cwd, env }: Pick<Launch, "cwd" | "env">) {
  try {
    return spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
