import path from "node:path";
import { claimPidFile, type PidFile } from "../pid-file/pid-file.ts";
import { loadStackFile } from "../stack-file/load.ts";
import type { LoggingSettings, ProgramSettings, StackFile } from "../stack-file/schema.ts";
import { Guard } from "./guard.ts";
import type { Tell } from "./journal.ts";
import { kindOf, launchOf, sameLaunch } from "./launch.ts";
import { lockRunDir } from "./lock.ts";
import { Capture } from "./logs/capture.ts";
import { Program } from "./program.ts";

/** What a reload of the stack file did, by program name. */
export interface ReloadOutcome {
  readonly added: string[];
  readonly removed: string[];
  /** Their command, folder or environment changed. */
  readonly restarted: string[];
  /** Their settings changed: they were sent HUP. */
  readonly signalled: string[];
  /** Changes that wait for the next start of the supervisor. */
  readonly postponed: string[];
}

export interface SupervisorOptions {
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  readonly tell: Tell;
}

const PID_FILE = "supervisor.pid";
const QUICK_STOP_MS = 5_000;

/**
 * The programs of one stack file. Starting and stopping go by priority; all changes of the set of programs (boot,
 * reload, shutdown) happen one after the other, in the order in which they were asked for.
 */
export class Supervisor implements AsyncDisposable {
  readonly #options: SupervisorOptions;
  readonly #guard: Guard;
  readonly #lock: AsyncDisposable;
  readonly #pidFile: PidFile;
  readonly #programs = new Map<string, Program>();
  #stack: StackFile;
  #started = false;
  #changes: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  private constructor(options: SupervisorOptions, stack: StackFile, lock: AsyncDisposable, pidFile: PidFile) {
    this.#options = options;
    this.#stack = stack;
    this.#lock = lock;
    this.#pidFile = pidFile;
    this.#guard = new Guard((message) => options.tell("error", "guard", message));
  }

  /** Reads the stack file and takes the run folder; starts nothing yet. */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    const stack = await loadStackFile(options.configFile, options.env);
    const lock = await lockRunDir(stack.runDir);
    try {
      const pidFile = claimPidFile(path.join(stack.runDir, PID_FILE));
      return new Supervisor(options, stack, lock, pidFile);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  }

  get stack(): StackFile {
    return this.#stack;
  }

  /** All programs that start by themselves have been started once. */
  get started(): boolean {
    return this.#started;
  }

  get configFile(): string {
    return path.resolve(this.#options.configFile);
  }

  /** The end has been asked for: nothing is started any more. */
  get stopping(): boolean {
    return this.#stopped !== undefined;
  }

  program(name: string): Program | undefined {
    return this.#programs.get(name);
  }

  /** In the order of starting. */
  programs(): Program[] {
    return [...this.#programs.values()].sort((a, b) => a.settings.priority - b.settings.priority);
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      for (const name of Object.keys(this.#stack.programs)) await this.#add(name);
      for (const program of this.programs()) if (program.settings.autostart) program.start();
      this.#started = true;
    });
  }

  /**
   * Reads the stack file again. A bad one is refused as a whole and the running one stays.
   *
   * @throws {ConfigFileError}
   */
  reload(): Promise<ReloadOutcome> {
    return this.#inTurn(async () => {
      if (this.stopping) throw new Error("the supervisor is stopping");
      const next = await loadStackFile(this.#options.configFile, this.#options.env);
      const before = this.#stack;
      const postponed = postponedChanges(before, next);
      this.#stack = { ...next, runDir: before.runDir, logDir: before.logDir, control: keepSockets(before, next) };
      const outcome: ReloadOutcome = { added: [], removed: [], restarted: [], signalled: [], postponed };
      await Promise.all(
        this.programs().map(async ({ name }) => {
          if (next.programs[name]) return;
          outcome.removed.push(name);
          await this.#remove(name);
        }),
      );
      for (const name of Object.keys(next.programs)) {
        if (this.#programs.has(name)) await this.#change(name, before, outcome);
        else {
          await this.#add(name);
          outcome.added.push(name);
        }
      }
      for (const program of this.programs()) {
        if (outcome.added.includes(program.name) && program.settings.autostart) program.start();
      }
      return outcome;
    });
  }

  async reopenLogs(): Promise<void> {
    await Promise.all(this.programs().map(({ capture }) => capture.log.reopen()));
  }

  /**
   * Stops everything, highest priority number first. `quick` asks the servers of this package to drop what is in
   * flight, and nobody gets more than a few seconds.
   */
  stop(quick = false): Promise<void> {
    if (quick) for (const program of this.programs()) program.settings = hurried(program.settings);
    this.#stopped ??= this.#inTurn(async () => {
      const priorities = [...new Set(this.programs().map(({ settings }) => settings.priority))];
      for (const priority of priorities.toReversed()) {
        const group = this.programs().filter(({ settings }) => settings.priority === priority);
        await Promise.all(group.map(({ name }) => this.#remove(name)));
      }
    });
    return this.#stopped;
  }

  /** The run folder goes back last: nobody may take it while something of ours still stands in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#guard[Symbol.asyncDispose]();
    this.#pidFile.remove();
    await this.#lock[Symbol.asyncDispose]();
  }

  async #add(name: string): Promise<void> {
    const { configFile, tell } = this.#options;
    const settings = this.#stack.programs[name];
    if (!settings) throw new Error(`no program ${name} in the stack file`);
    const capture = await Capture.open({
      program: name,
      file: path.join(this.#stack.logDir, `${name}.log`),
      settings: { ...this.#stack.logging, ...defined(settings.logging) },
      onProblem: (message) => tell("error", "log", message, { program: name }),
    });
    const launch = launchOf(configFile, name, settings);
    this.#programs.set(name, new Program({ name, settings, launch, capture, guard: this.#guard, tell }));
  }

  async #remove(name: string): Promise<void> {
    const program = this.#programs.get(name);
    if (!program) return;
    await program.stop();
    await program.capture[Symbol.asyncDispose]();
    this.#programs.delete(name);
  }

  async #change(name: string, before: StackFile, outcome: ReloadOutcome): Promise<void> {
    const program = this.#programs.get(name);
    const settings = this.#stack.programs[name];
    if (!program || !settings) return;
    const launch = launchOf(this.#options.configFile, name, settings);
    const relaunch = !sameLaunch(program.launch, launch);
    const sitesToo = kindOf(settings) === "proxy";
    const changed =
      !same([program.settings.prefork, program.settings.proxy], [settings.prefork, settings.proxy]) ||
      (sitesToo && !same(before.sites, this.#stack.sites));
    program.settings = settings;
    program.launch = launch;
    await program.capture.configure({ ...this.#stack.logging, ...defined(settings.logging) });
    if (program.pid === undefined) return;
    if (relaunch) {
      outcome.restarted.push(name);
      await program.restart();
    } else if (changed && program.signal("SIGHUP")) {
      outcome.signalled.push(name);
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#changes.then(act);
    // The caller gets the failure; the next change goes on from what there is.
    this.#changes = done.catch(() => undefined);
    return done;
  }
}

function hurried(settings: ProgramSettings): ProgramSettings {
  const stopMs = Math.min(settings.stopMs, QUICK_STOP_MS);
  return kindOf(settings) === "command" ? { ...settings, stopMs } : { ...settings, stopMs, stopSignal: "QUIT" };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Optional settings that were not given don't hide the general ones. */
function defined(settings: ProgramSettings["logging"]): Partial<LoggingSettings> {
  return Object.fromEntries(Object.entries(settings ?? {}).filter(([, value]) => value !== undefined));
}

/** Sockets and folders are held by name while the supervisor runs. */
function postponedChanges(before: StackFile, next: StackFile): string[] {
  const held = (stack: StackFile) => ({
    runDir: stack.runDir,
    logDir: stack.logDir,
    "control.socket": stack.control.socket,
    "control.deploy.socket": stack.control.deploy?.socket,
    "control.deploy.gid": stack.control.deploy?.gid,
  });
  const [old, fresh] = [held(before), held(next)];
  return (Object.keys(old) as (keyof typeof old)[]).filter((key) => old[key] !== fresh[key]);
}

function keepSockets(before: StackFile, next: StackFile): StackFile["control"] {
  const { deploy, socket } = before.control;
  return { socket, ...(deploy && { deploy: { ...deploy, programs: next.control.deploy?.programs ?? [] } }) };
}
