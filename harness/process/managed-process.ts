import type { ChildProcess } from "node:child_process";
import { open, type FileHandle } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { execa } from "execa";
import { LIMITS } from "../spec/limits.ts";
import { groupIsAlive, MARKER, sendSignal, signalGroup } from "./process-group.ts";
import { tailOf } from "./tail.ts";
import { waitUntil } from "./wait-until.ts";

/** Where a stream of the process goes: appended to a file (O_APPEND), or kept in memory, its last bytes only. */
export type OutputSink = { readonly file: string } | "captured";

export interface ProcessPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is added but the marker. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  /** Default: nothing to read. A descriptor stays the caller's, who may close it once the process is started. */
  readonly stdin?: "pipe" | { readonly descriptor: number };
  /** Run id by which the process and all its descendants can be found again. */
  readonly marker?: string;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** `performance.now()` when the exit was seen. */
  readonly atMs: number;
}

export interface EndPlan {
  /** Why it is ended; of several the first one counts. */
  readonly reason?: string;
  /** From TERM to KILL; {@link LIMITS.terminateMs} by default. */
  readonly terminateMs?: number;
}

/** Disposing ends the process group: TERM, deadline, KILL, await exit. */
export interface ManagedProcess extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when the process itself is gone; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** The same, once it is known. */
  readonly exit: ProcessExit | undefined;
  /** The reason given to the first `end`, if there was one. */
  readonly endReason: string | undefined;
  /** True if the group had to be killed. */
  readonly killed: boolean;
  readonly stdin: Writable | undefined;
  /** Sends a signal to the process alone; false if it is gone. */
  signal(name: NodeJS.Signals): boolean;
  /** Idempotent and bounded. @throws {ProcessError} if even KILL does not make it go. */
  end(plan?: EndPlan): Promise<ProcessExit>;
  /** Last bytes of a stream, from memory or from its file. */
  tail(stream: "stdout" | "stderr"): Promise<string>;
}

/** A process could not be started or ended. */
export class ProcessError extends Error {
  override readonly name = "ProcessError";
}

/**
 * Starts a process in a group and session of its own, so that a Ctrl-C meant for the suite does not reach it and
 * that all of it can be ended together.
 *
 * @throws {ProcessError} if it can't be started.
 */
export async function startProcess(plan: ProcessPlan): Promise<ManagedProcess> {
  const stdout = await openSink(plan.stdout);
  const stderr = await openSink(plan.stderr).catch(async (error: unknown) => {
    await stdout.close();
    throw error;
  });
  try {
    const subprocess = execa(plan.command, plan.args, {
      cwd: plan.cwd,
      env: { ...plan.env, ...(plan.marker !== undefined && { [MARKER]: plan.marker }) },
      extendEnv: false,
      detached: true,
      cleanup: false,
      // The tail is kept here; execa would keep all and wait for daemons that hold the stream.
      buffer: false,
      reject: false,
      stdin: typeof plan.stdin === "object" ? (plan.stdin.descriptor as Descriptor) : (plan.stdin ?? "ignore"),
      stdout: stdout.target,
      stderr: stderr.target,
    });
    const { pid } = subprocess;
    if (pid === undefined) {
      const { cause, originalMessage } = await subprocess;
      const reason = originalMessage ?? "no process id";
      throw new ProcessError(`expected to start ${plan.command} in ${plan.cwd}: ${reason}`, { cause });
    }
    const streams = [subprocess.stdout, subprocess.stderr].filter((stream) => stream !== null);
    const exited = whenExited(subprocess.nodeChildProcess, streams);
    // A captured stream also errs when its process is killed; `exited` tells what happened.
    subprocess.catch(() => undefined);
    stdout.attach(subprocess.stdout);
    stderr.attach(subprocess.stderr);
    return manage(pid, exited, subprocess.stdin ?? undefined, { stdout, stderr });
  } finally {
    await Promise.all([stdout.close(), stderr.close()]);
  }
}

function manage(
  pid: number,
  exited: Promise<ProcessExit>,
  stdin: Writable | undefined,
  sinks: Readonly<Record<"stdout" | "stderr", OpenSink>>,
): ManagedProcess {
  let exit: ProcessExit | undefined;
  let ending: Promise<ProcessExit> | undefined;
  let endReason: string | undefined;
  let killed = false;
  const known = exited.then((facts) => (exit = facts));

  const isGone = (): boolean => exit !== undefined && !groupIsAlive(pid);
  const endGroup = async (terminateMs: number): Promise<ProcessExit> => {
    if (!isGone()) {
      signalGroup(pid, "SIGTERM");
      // A stopped process would not see TERM before it runs again.
      signalGroup(pid, "SIGCONT");
      if (!(await waitUntil(isGone, terminateMs))) {
        killed = true;
        signalGroup(pid, "SIGKILL");
        if (!(await waitUntil(isGone, LIMITS.killMs))) {
          throw new ProcessError(`expected process group ${pid} to be gone ${LIMITS.killMs} ms after KILL`);
        }
      }
    }
    return known;
  };
  const end = (plan: EndPlan = {}): Promise<ProcessExit> => {
    endReason ??= plan.reason ?? "ended by the harness";
    ending ??= endGroup(plan.terminateMs ?? LIMITS.terminateMs);
    return ending;
  };

  return {
    pid,
    exited: known,
    stdin,
    get exit() {
      return exit;
    },
    get endReason() {
      return endReason;
    },
    get killed() {
      return killed;
    },
    signal: (name) => exit === undefined && sendSignal(pid, name),
    end,
    tail: (stream) => sinks[stream].tail(),
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

/** Resolves after `exit` once captured streams are read to the end, or soon after if a daemon keeps them open. */
function whenExited(subprocess: ChildProcess, streams: readonly Readable[]): Promise<ProcessExit> {
  const drained = Promise.all(streams.map((stream) => new Promise((resolve) => stream.once("close", resolve))));
  return new Promise((resolve) => {
    subprocess.once("exit", (code, signal) => {
      const exit = { code, signal, atMs: performance.now() };
      const timer = setTimeout(() => {
        for (const stream of streams) stream.destroy();
        resolve(exit);
      }, DRAIN_MS);
      void drained.then(() => {
        clearTimeout(timer);
        resolve(exit);
      });
    });
  });
}

const DRAIN_MS = 250;

/** Execa takes the number of any open file, but its types list the first nine only. */
type Descriptor = 9;

interface OpenSink {
  readonly target: "pipe" | Descriptor;
  attach(stream: Readable | null): void;
  /** Gives up the harness's own descriptor of the file; the child keeps its own. */
  close(): Promise<void>;
  tail(): Promise<string>;
}

async function openSink(sink: OutputSink): Promise<OpenSink> {
  if (sink === "captured") {
    let kept = Buffer.alloc(0);
    return {
      target: "pipe",
      attach(stream) {
        stream?.on("data", (chunk: Buffer) => {
          kept = Buffer.concat([kept, chunk]);
          // Twice the limit, so that a busy stream is not copied for every chunk.
          if (kept.length > 2 * LIMITS.outputBytes) kept = kept.subarray(-LIMITS.outputBytes);
        });
      },
      close: async () => undefined,
      tail: async () => kept.subarray(-LIMITS.outputBytes).toString("utf8"),
    };
  }
  let handle: FileHandle | undefined = await open(sink.file, "a", 0o600);
  return {
    target: handle.fd as Descriptor,
    attach: () => undefined,
    async close() {
      const closing = handle;
      handle = undefined;
      await closing?.close();
    },
    tail: () => tailOf(sink.file, LIMITS.outputBytes),
  };
}
