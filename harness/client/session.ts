import type { Connection } from "./connection.ts";
import type { PendingRequest } from "./pending-request.ts";

/** Opens connections and puts requests on them. */
export interface SessionCarrier {
  open(session: Session): Connection;
  carry(connection: Connection, request: PendingRequest): void;
}

/** A client that keeps one connection alive, queues what exceeds its pipelining depth, and never sends anything twice. */
export class Session {
  readonly #depth: number;
  readonly #carrier: SessionCarrier;
  #queue: PendingRequest[] = [];
  #connection: Connection | undefined;
  #opened = 0;
  #pumping = false;

  constructor(depth: number, carrier: SessionCarrier) {
    this.#depth = depth;
    this.#carrier = carrier;
  }

  get reconnects(): number {
    return Math.max(0, this.#opened - 1);
  }

  get load(): number {
    return this.#queue.length + (this.#connection?.inFlight ?? 0);
  }

  submit(request: PendingRequest): void {
    this.#queue.push(request);
    this.pump();
  }

  /** Sends from the queue what the connection can take. */
  pump(): void {
    // Sending can settle requests, which can submit the next: the outermost call does all the work.
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#queue.length > 0) {
      const connection = this.#usable();
      if (!connection.accepts || connection.inFlight >= this.#depth) break;
      const request = this.#queue.shift();
      if (request !== undefined && !request.over) this.#carrier.carry(connection, request);
    }
    this.#pumping = false;
  }

  /** The connection takes nothing more: the next request opens another. */
  released(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined;
    this.pump();
  }

  /** Empties the queue. */
  takeQueue(): PendingRequest[] {
    const queue = this.#queue;
    this.#queue = [];
    return queue;
  }

  #usable(): Connection {
    if (this.#connection?.usable !== true) {
      this.#connection = this.#carrier.open(this);
      this.#opened += 1;
    }
    return this.#connection;
  }
}
