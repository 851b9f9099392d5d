import { spawn, type ChildProcess, type SendHandle } from "node:child_process";
import { fileURLToPath } from "node:url";
import { closeLate } from "../log-record/late-output.ts";
import type { BoundSocket } from "./listener.ts";
import type { OutputRelay } from "./output.ts";
import { readFromWorker, type FromWorker, type ToWorker, type WorkerOrders } from "./protocol.ts";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** Descriptor under which a worker finds its socket. */
const LISTEN_FD = 3;

/** How long to read on after a worker's end: somebody whom it started may hold its output open for ever. */
const LAST_OUTPUT_MS = 1000;

export interface WorkerSpawn {
  readonly orders: Omit<WorkerOrders, "listenFd">;
  readonly listenerFd: number;
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: OutputRelay;
  readonly stderr: OutputRelay;
  readonly onMessage: (message: FromWorker) => void;
  /** `how` names status or signal; called once, also if the worker could not be started. */
  readonly onExit: (how: string) => void;
}

/** The master's side of one worker. */
export class WorkerProcess {
  readonly startedMs = performance.now();
  /** Instants on the monotonic clock. */
  lastBeatMs = performance.now();
  readyMs: number | undefined;
  /** All that the worker wrote has been handed on. */
  readonly outputEnded: Promise<void>;
  readonly #child: ChildProcess;
  #deadline: NodeJS.Timeout | undefined;
  #left = false;
  readonly #standsIn = new Set<number>();

  constructor(options: WorkerSpawn) {
    const orders: WorkerOrders = { ...options.orders, listenFd: LISTEN_FD };
    this.#child = spawn(process.execPath, [WORKER, JSON.stringify(orders)], {
      env: options.env,
      // Same process group as the master: what is aimed at the group reaches the workers, so it can take all of them.
      stdio: ["ignore", "pipe", "pipe", options.listenerFd, "ipc"],
    });
    const { stdout, stderr } = this.#child;
    // Where no descriptors are left there are no channels either, and "error" follows.
    const channels = [stdout, stderr].filter((channel) => channel !== null && channel !== undefined);
    this.outputEnded = Promise.all([
      stdout && options.stdout.attach(stdout),
      stderr && options.stderr.attach(stderr),
    ]).then(() => undefined);
    this.#child.on("message", (message) => {
      const known = readFromWorker(message);
      if (known) options.onMessage(known);
    });
    const leave = (how: string): void => {
      if (this.#left) return;
      this.#left = true;
      clearTimeout(this.#deadline);
      void closeLate(channels, this.outputEnded, LAST_OUTPUT_MS);
      options.onExit(how);
    };
    this.#child.once("exit", (code, signal) => leave(signal ?? `exit status ${code}`));
    this.#child.on("error", (error) => {
      if (this.#child.pid === undefined) leave(error.message);
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  send(order: ToWorker, handle?: SendHandle): void {
    // A worker that is gone has its end reported by "exit"; the failed send adds nothing.
    if (this.#child.connected) this.#child.send(order, handle, () => undefined);
  }

  /** Has it accept from the sockets at these places besides its own, and from no others. */
  standIn(places: readonly number[], sockets: readonly BoundSocket[]): void {
    for (const place of this.#standsIn) {
      if (!places.includes(place) && this.#standsIn.delete(place)) this.send({ kind: "stand-back", place });
    }
    for (const place of places) {
      if (this.#standsIn.has(place)) continue;
      this.#standsIn.add(place);
      this.send({ kind: "stand-in", place }, sockets[place]?.handle);
    }
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** One time limit at a time: the next one replaces it. */
  limit(ms: number, expired: () => void): void {
    clearTimeout(this.#deadline);
    if (!this.#left) this.#deadline = setTimeout(expired, ms);
  }

  unlimit(): void {
    clearTimeout(this.#deadline);
  }
}
