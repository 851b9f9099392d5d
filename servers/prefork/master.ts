import type { LineSink } from "../log-record/line-sink.ts";
import type { RecordLogger } from "../log-record/logger.ts";
import { bind, openListener, type Listener } from "./listener.ts";
import { OutputRelay } from "./output.ts";
import type { FromWorker } from "./protocol.ts";
import { readSettings, socketsOf, type MasterSettings, type SettingsSource } from "./settings.ts";
import { dealSockets, ownSocketFor, type Seat } from "./sockets.ts";
import { initialState, type Effect, type MasterEvent, type MasterState } from "./state.ts";
import { transition } from "./transition.ts";
import { WorkerProcess } from "./worker-process.ts";

/** A worker cuts its connections itself when its time is up; this much later it is killed. */
const DRAIN_MARGIN_MS = 2000;
const QUIT_MS = 2000;
/** A worker that lived this long did not die of a crash loop. */
const SETTLED_MS = 10_000;

export interface MasterOptions {
  readonly source: SettingsSource;
  readonly env: NodeJS.ProcessEnv;
  readonly log: RecordLogger;
  readonly stdout: LineSink;
  readonly stderr: LineSink;
}

/** Settings and listener that the workers of one cohort were started with. */
interface Cohort {
  readonly settings: MasterSettings;
  listener: Listener;
}

/**
 * Owns the listener, the workers and the one state. Whatever happens, signals included, is queued as an event; one loop
 * takes events one by one, changes the state by {@link transition} and carries out the effects. New workers are always
 * ready before old ones are asked to leave, unless the strategy is to do otherwise.
 */
export class Master {
  /** Resolves with the exit status when all workers are gone and their output is handed on. */
  readonly ended: Promise<number>;
  readonly #options: MasterOptions;
  readonly #cohorts = new Map<number, Cohort>();
  readonly #processes = new Map<number, WorkerProcess>();
  /** Of the workers that run, by id. */
  readonly #seats = new Map<number, Seat>();
  readonly #outputs = new Set<Promise<void>>();
  readonly #relays: { readonly stdout: OutputRelay; readonly stderr: OutputRelay };
  readonly #queue: MasterEvent[] = [];
  readonly #watch: NodeJS.Timeout;
  readonly #watchEveryMs: number;
  readonly #end: (status: number) => void;
  #state: MasterState;
  #newestCohort = 0;
  #acting = false;
  #lastLookMs = performance.now();

  /** Takes over the listener; nothing happens before the event `start`. */
  constructor(options: MasterOptions, settings: MasterSettings, listener: Listener) {
    this.#options = options;
    this.#cohorts.set(0, { settings, listener });
    this.#state = initialState(settings.workers);
    const stderr = new OutputRelay(options.stderr);
    this.#relays = { stderr, stdout: options.stdout === options.stderr ? stderr : new OutputRelay(options.stdout) };
    const { promise, resolve } = Promise.withResolvers<number>();
    this.ended = promise;
    this.#end = resolve;
    this.#watchEveryMs = this.#beatEveryMs(settings);
    this.#watch = setInterval(() => this.#lookForSilence(), this.#watchEveryMs);
  }

  post(event: MasterEvent): void {
    this.#queue.push(event);
    if (this.#acting) return;
    this.#acting = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        const { state, effects } = transition(this.#state, next);
        this.#state = state;
        for (const effect of effects) this.#carryOut(effect);
        this.#dealSockets();
      }
    } finally {
      this.#acting = false;
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.do) {
      case "tell":
        return this.#options.log[effect.level](effect.event, effect.msg);
      case "prepare":
        return void this.#prepare();
      case "spawn":
        return this.#trySpawn(effect.worker, effect.cohort);
      case "admit":
        return this.#processes.get(effect.worker)?.send({ kind: "listen" });
      case "drain":
        this.#processes.get(effect.worker)?.send({ kind: "drain" });
        return this.#limitDrain(effect.worker);
      case "quit":
        this.#processes.get(effect.worker)?.send({ kind: "quit" });
        return this.#limit(effect.worker, QUIT_MS, "quit");
      case "kill":
        return this.#processes.get(effect.worker)?.kill();
      case "close-listener":
        for (const { listener } of this.#cohorts.values()) listener.close();
        return;
      case "open-listener":
        return this.#bindAgain();
      case "adopt":
      case "discard":
        return this.#forgetCohorts(effect.do === "adopt" ? effect.cohort : this.#state.current);
      case "back-off":
        return this.#backOff(effect.failures);
      case "exit":
        return void this.#finish(effect.status);
      default:
        return effect satisfies never;
    }
  }

  async #prepare(): Promise<void> {
    try {
      const settings = await readSettings(this.#options.source, this.#options.env);
      const before = this.#cohort(this.#state.current);
      const moved = settings.listen !== before.settings.listen;
      const listener = moved
        ? await openListener(settings.listen, settings.runDir, socketsOf(settings))
        : before.listener;
      // Asked to stop meanwhile: nobody would take it up.
      if (moved && this.#state.mode.kind !== "preparing") return listener.close();
      const cohort = ++this.#newestCohort;
      this.#cohorts.set(cohort, { settings, listener });
      this.post({ kind: "prepared", cohort, target: settings.workers, strategy: settings.strategy });
    } catch (error) {
      this.post({ kind: "refused", reason: (error as Error).message });
    }
  }

  /** Without descriptors or processes to spare no worker can be started: a failure like any other, with back-off. */
  #trySpawn(id: number, cohort: number): void {
    try {
      this.#spawn(id, this.#cohort(cohort), this.#seat(id, cohort));
    } catch (error) {
      this.post({ kind: "exited", worker: id, how: (error as Error).message, settled: false });
    }
  }

  #spawn(id: number, { settings, listener }: Cohort, place: number): void {
    const { app, backlog, gracefulTimeoutMs, keepAliveTimeoutMs, maxRequests, maxRequestsJitter } = settings;
    const jitter = Math.round((Math.random() * 2 - 1) * maxRequestsJitter);
    const worker = new WorkerProcess({
      orders: {
        app,
        backlog,
        gracefulTimeoutMs,
        keepAliveTimeoutMs,
        beatEveryMs: this.#beatEveryMs(settings),
        maxRequests: maxRequests === 0 ? 0 : Math.max(1, maxRequests + jitter),
      },
      listenerFd: listener.sockets[place]?.fd ?? -1,
      env: settings.env,
      ...this.#relays,
      onMessage: (message) => this.#hear(id, worker, message),
      onExit: (how) => this.#mourn(id, worker, how),
    });
    this.#processes.set(id, worker);
    this.#outputs.add(worker.outputEnded);
    void worker.outputEnded.then(() => this.#outputs.delete(worker.outputEnded));
    this.#limit(id, settings.bootTimeoutMs, "boot");
  }

  #hear(id: number, worker: WorkerProcess, message: FromWorker): void {
    worker.lastBeatMs = performance.now();
    switch (message.kind) {
      case "beat":
        return;
      case "loaded":
        return this.post({ ...message, worker: id });
      case "ready":
        worker.readyMs = performance.now();
        worker.unlimit();
        this.#options.log.info("worker-ready", `worker ${id}, pid ${worker.pid}`);
        return this.post({ kind: "ready", worker: id });
      case "closed":
      case "retire":
        return this.post({ ...message, worker: id });
      case "cut": {
        const cut = `${message.busy} with a request in flight, ${message.idle} idle`;
        return this.#options.log.warn("drain-cut", `worker ${id}: connections closed at the deadline: ${cut}`);
      }
      default:
        return message satisfies never;
    }
  }

  /** The place of a new worker's own socket; who is about to leave makes room for its replacement. */
  #seat(id: number, cohort: number): number {
    const leaving = new Set(
      this.#state.workers.flatMap((worker) => (worker.retiring || worker.expendable ? [worker.id] : [])),
    );
    const staying = [...this.#seats.values()].filter(({ worker }) => !leaving.has(worker));
    const own = ownSocketFor(cohort, staying, this.#cohort(cohort).listener.sockets.length);
    this.#seats.set(id, { worker: id, cohort, own });
    return own;
  }

  /** Sees to it that every socket is accepted from: for a worker that is not there another one stands in at once. */
  #dealSockets(): void {
    const accepting = new Map<Listener, Seat[]>();
    for (const { id, phase } of this.#state.workers) {
      const seat = this.#seats.get(id);
      if (!seat || (phase !== "admitted" && phase !== "ready")) continue;
      const { listener } = this.#cohort(seat.cohort);
      accepting.set(listener, [...(accepting.get(listener) ?? []), seat]);
    }
    for (const [{ sockets }, seats] of accepting) {
      for (const [id, places] of dealSockets(seats, sockets.length)) this.#processes.get(id)?.standIn(places, sockets);
    }
  }

  #mourn(id: number, worker: WorkerProcess, how: string): void {
    this.#processes.delete(id);
    this.#seats.delete(id);
    const settled = worker.readyMs !== undefined && performance.now() - worker.readyMs >= SETTLED_MS;
    this.post({ kind: "exited", worker: id, how, settled });
  }

  #limitDrain(id: number): void {
    const cohort = this.#state.workers.find((worker) => worker.id === id)?.cohort;
    const { gracefulTimeoutMs } = this.#cohort(cohort ?? this.#state.current).settings;
    this.#limit(id, gracefulTimeoutMs + DRAIN_MARGIN_MS, "drain");
  }

  #limit(id: number, ms: number, limit: "boot" | "drain" | "quit"): void {
    this.#processes.get(id)?.limit(ms, () => this.post({ kind: "expired", worker: id, limit }));
  }

  #beatEveryMs(settings: MasterSettings): number {
    return Math.max(20, Math.min(1000, Math.floor((settings.workerTimeoutMs || 4000) / 4)));
  }

  #lookForSilence(): void {
    const now = performance.now();
    const { workerTimeoutMs } = this.#cohort(this.#state.current).settings;
    // The master itself was held up: what the workers said meanwhile waits behind this timer. A reload may have changed
    // the limit since the timer was set.
    const late = now - this.#lastLookMs > this.#watchEveryMs + workerTimeoutMs / 2;
    this.#lastLookMs = now;
    for (const worker of this.#state.workers) {
      const process = this.#processes.get(worker.id);
      if (!process || (worker.phase !== "ready" && (worker.phase !== "draining" || worker.closed))) continue;
      if (late) process.lastBeatMs = now;
      if (workerTimeoutMs > 0 && now - process.lastBeatMs > workerTimeoutMs) {
        this.post({ kind: "expired", worker: worker.id, limit: "silence" });
      }
    }
  }

  #bindAgain(): void {
    const cohort = this.#cohort(this.#newestCohort);
    try {
      cohort.listener = bind(cohort.listener.address, cohort.listener.sockets.length);
    } catch (error) {
      this.#options.log.error("listening", (error as Error).message);
      this.post({ kind: "stop", quick: true, status: 1 });
    }
  }

  /** Settings of cohorts without workers go, and with them listeners that nobody uses any more. */
  #forgetCohorts(current: number): void {
    const inUse = new Set(this.#state.workers.map((worker) => worker.cohort)).add(current);
    const kept = this.#cohort(current).listener;
    for (const [id, { listener }] of this.#cohorts) {
      if (listener !== kept) listener.close();
      if (!inUse.has(id)) this.#cohorts.delete(id);
    }
  }

  #backOff(failures: number): void {
    const { backoffMinMs, backoffMaxMs } = this.#cohort(this.#state.current).settings;
    const ms = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(failures - 1, 30));
    this.#options.log.warn("back-off", `no new worker for ${ms} ms`);
    setTimeout(() => this.post({ kind: "respawn-due" }), ms);
  }

  async #finish(status: number): Promise<void> {
    clearInterval(this.#watch);
    await Promise.all(this.#outputs);
    this.#options.log.info("stopped", `exit status ${status}`);
    this.#end(status);
  }

  #cohort(id: number): Cohort {
    const cohort = this.#cohorts.get(id);
    if (!cohort) throw new Error(`cohort ${id} is unknown to the master`);
    return cohort;
  }
}
