import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";

/** One request that waits for its turn on its connection. */
export interface Job {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly begin: () => Exchange;
}

/** Pipelined requests held per connection before its socket is read no further. */
const MAX_WAITING = 16;

/** How long a client may take to read why it was refused. */
const FAREWELL_MS = 1_000;

/**
 * A client's connection. Its requests are worked on one after the other, whatever is pipelined: answers stay in order, and
 * one client can't make the proxy open an upstream connection for each of a thousand requests in one packet.
 */
export class ClientConnection {
  readonly socket: Socket;
  idleSinceMs = performance.now();
  #active: { readonly job: Job; readonly exchange: Exchange } | undefined;
  #waiting: Job[] = [];
  #tunnel = false;
  /** What to say once all requests before the malformed one are answered. */
  #farewell: string | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.once("close", () => {
      this.#waiting = [];
    });
  }

  /** Nothing in work, nothing waiting. */
  get idle(): boolean {
    return this.#active === undefined && this.#waiting.length === 0 && !this.#tunnel;
  }

  /** Requests have been read that come after the one in work. */
  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  take(job: Job): void {
    this.#waiting.push(job);
    if (this.#waiting.length >= MAX_WAITING) this.socket.pause();
    this.#next();
  }

  becomesTunnel(): void {
    this.#tunnel = true;
  }

  /** The parser gave up on what the client sent; `answer` is a whole HTTP message. */
  malformed(status: number, reason: string, answer: string): void {
    const { exchange, job } = this.#active ?? {};
    if (exchange && job && !job.request.complete && this.#waiting.length === 0) exchange.malformed(status, reason);
    else if (this.idle) this.#bye(answer);
    else this.#farewell = answer;
  }

  #next(): void {
    if (this.#active || this.socket.destroyed) return;
    const job = this.#waiting.shift();
    if (!job) {
      this.idleSinceMs = performance.now();
      if (this.#farewell !== undefined) this.#bye(this.#farewell);
      return;
    }
    if (this.#waiting.length === 0 && this.socket.isPaused()) this.socket.resume();
    job.response.once("close", () => {
      this.#active = undefined;
      this.#next();
    });
    this.#active = { job, exchange: job.begin() };
  }

  /** Says it and closes only when the client has closed or had its time: a reset could overtake the words. */
  #bye(answer: string): void {
    const { socket } = this;
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    socket.end(answer, "latin1");
    socket.resume();
    const bound = setTimeout(() => socket.destroy(), FAREWELL_MS);
    socket.once("close", () => clearTimeout(bound));
  }
}
