import { checkLoadOptions, type Driver, type OpenLoopOptions } from "./load-options.ts";
import { LoadRun } from "./load-run.ts";
import { Transport } from "./transport.ts";

/**
 * A timer comes up to a millisecond late, turning the loop costs a core that the target may need: only what is due
 * sooner than this is waited for in turns. Measured at 1,000 requests/s, where turns alone took nine tenths of a core.
 */
const TURN_BELOW_MS = 0.15;

/**
 * Sends requests at times fixed beforehand, `i / ratePerSecond` after the start, whatever the target does. Latency
 * counts from these times; how late the driver itself was is recorded apart. Throws a `TypeError` on wrong options.
 */
export function startOpenLoop(options: OpenLoopOptions): Driver {
  checkLoadOptions(options);
  const { ratePerSecond, clock, signal } = options;
  if (!(ratePerSecond > 0)) throw new TypeError(`ratePerSecond: expected more than 0, got ${ratePerSecond}`);
  const { endpoint, pipelining = 1 } = options;
  const sessions = options.connections === "fresh" ? 0 : (options.sessions ?? 1);
  const run = new LoadRun(options, {
    mode: "open-loop",
    carriage: (owner, limits) => new Transport({ endpoint, limits, sessions, pipelining }, owner),
    settled: () => undefined,
  });
  const startMs = clock.now();
  const schedule = new Schedule(ratePerSecond, startMs, run);
  const stop = (): void => {
    schedule.stop(clock.now());
    run.endIntake();
  };
  if (signal?.aborted === true) run.endIntake();
  else schedule.start();
  return {
    reached: (count) => run.milestones.reached(count),
    further: (count) => run.milestones.further(count),
    stop: () => {
      if (!run.intakeOver) stop();
      return run.finished;
    },
    finished: run.finished.finally(() => schedule.cancel()),
  };
}

/** Issues what is due, then waits for the next: by timer while that is far, by loop turns when it is near. */
class Schedule {
  readonly #intervalMs: number;
  readonly #startMs: number;
  readonly #run: LoadRun;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(ratePerSecond: number, startMs: number, run: LoadRun) {
    this.#intervalMs = 1000 / ratePerSecond;
    this.#startMs = startMs;
    this.#run = run;
  }

  start(): void {
    this.#tick();
  }

  /** Requests due at this instant are still issued; later ones never will be. */
  stop(nowMs: number): void {
    this.cancel();
    this.#issueDue(nowMs);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
  }

  readonly #tick = (): void => {
    if (this.#run.intakeOver) return;
    const now = this.#run.clock.now();
    this.#issueDue(now);
    const waitMs = this.#nextMs() - this.#run.clock.now();
    if (waitMs > TURN_BELOW_MS) this.#timer = setTimeout(this.#tick, Math.floor(waitMs));
    else this.#turn = setImmediate(this.#tick);
  };

  #issueDue(nowMs: number): void {
    for (let dueMs = this.#nextMs(); dueMs <= nowMs; dueMs = this.#nextMs()) this.#run.issue(dueMs, nowMs);
  }

  /** From the index each time: adding up intervals would drift. */
  #nextMs(): number {
    return this.#startMs + this.#run.intended * this.#intervalMs;
  }
}
