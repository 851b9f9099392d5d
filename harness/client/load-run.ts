import type { LoadRecord } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import { Histogram } from "./histogram.ts";
import { Ledger } from "./ledger.ts";
import { type ClientLimits, type Clock, limitsOf, type LoadOptions } from "./load-options.ts";
import { PendingRequest, RequestTemplate } from "./pending-request.ts";
import { Milestones } from "./milestones.ts";
import type { Carriage, TransportOwner } from "./transport.ts";

/** How a load sends, and who decides what comes after a request has ended. */
export interface LoadParts {
  readonly mode: LoadRecord["mode"];
  carriage(owner: TransportOwner, limits: ClientLimits): Carriage;
  settled(): void;
}

/** What both loops share: the ledger, the transport, and the end of a load. A loop only decides when to issue. */
export class LoadRun implements TransportOwner {
  readonly clock: Clock;
  readonly finished: Promise<LoadRecord>;
  readonly milestones = new Milestones();
  readonly #options: LoadOptions;
  readonly #parts: LoadParts;
  readonly #template: RequestTemplate;
  readonly #ledger: Ledger;
  readonly #lateness = new Histogram();
  readonly #transport: Carriage;
  readonly #startedMs: number;
  readonly #requestMs: number;
  readonly #abort = (): void => this.#abandon();
  #resolve: (record: LoadRecord) => void;
  #intakeOver = false;
  #finished = false;
  #settled = 0;

  constructor(options: LoadOptions, parts: LoadParts) {
    const limits = limitsOf(options);
    const { endpoint, request, expect, connections } = options;
    const { promise, resolve } = Promise.withResolvers<LoadRecord>();
    this.clock = options.clock;
    this.finished = promise;
    this.#resolve = resolve;
    this.#options = options;
    this.#parts = parts;
    this.#template = new RequestTemplate(endpoint, request, expect, connections === "fresh");
    this.#ledger = new Ledger(options.idPrefix);
    this.#transport = parts.carriage(this, limits);
    this.#startedMs = options.clock.now();
    this.#requestMs = limits.requestMs;
    options.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  get intakeOver(): boolean {
    return this.#intakeOver;
  }

  get intended(): number {
    return this.#ledger.size;
  }

  /** The driver got to the next request at `nowMs`; its latency counts from `intendedMs`. */
  issue(intendedMs: number, nowMs: number): void {
    const index = this.#ledger.intend(intendedMs);
    this.#lateness.record(nowMs - intendedMs);
    const request = new PendingRequest(index, this.#ledger.id(index), intendedMs, this.#template);
    if (nowMs - intendedMs < this.#requestMs) {
      this.#transport.submit(request);
    } else {
      // Its deadline passed before the driver got to it: it says nothing about the target.
      request.outcome = "unsent";
      this.settled(request);
    }
  }

  /** Nothing is issued from now on. */
  endIntake(): void {
    this.#intakeOver = true;
    this.#finishWhenDone();
  }

  settled(request: PendingRequest): void {
    this.#ledger.settle(request.index, request.toRow());
    if (request.worker > 0) this.#options.onAnswer?.(request.worker, request.generation);
    this.#settled += 1;
    this.milestones.passed(this.#settled);
    if (!this.#finished) this.#parts.settled();
    this.#finishWhenDone();
  }

  amended(request: PendingRequest): void {
    this.#ledger.settle(request.index, request.toRow());
  }

  #abandon(): void {
    this.#intakeOver = true;
    this.#transport.abandon();
    this.#finishWhenDone();
  }

  #finishWhenDone(): void {
    if (!this.#intakeOver || this.#finished || this.#settled < this.#ledger.size) return;
    this.#finished = true;
    this.#options.signal?.removeEventListener("abort", this.#abort);
    // Not at once: the bytes of the last answer are still being read, and a second answer may follow in them.
    setImmediate(() => {
      this.#transport.dispose();
      this.milestones.end();
      this.#resolve(this.#record());
    });
  }

  #record(): LoadRecord {
    const { name, door, connections } = this.#options;
    const tally = this.#ledger.tally();
    const lateness = this.#lateness.quantiles();
    return {
      name,
      door,
      connections,
      mode: this.#parts.mode,
      startedMs: this.#startedMs,
      endedMs: this.clock.now(),
      intended: this.#ledger.size,
      tally,
      lateness,
      scheduleKept: lateness.p99 <= LIMITS.latenessP99Ms && (tally.unsent ?? 0) === 0,
      ledger: this.#ledger,
      reconnects: this.#transport.reconnects,
      closes: this.#transport.closes,
    };
  }
}
