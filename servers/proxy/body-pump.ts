import type { IncomingMessage } from "node:http";
import { Deadline } from "./deadline.ts";
import { formatFields, trailerPairs } from "./headers.ts";
import type { UpstreamConnection } from "./upstream/connection.ts";

export interface BodyPumpOptions {
  readonly chunked: boolean;
  readonly bodyTimeoutMs: number;
  /** The client sends nothing before it has seen a 100. */
  readonly awaitsContinue: boolean;
  /** The client was silent for too long. */
  readonly timedOut: () => void;
  /** Something went to the upstream. */
  readonly progress: () => void;
}

/** How long a client may go on sending after it has got its answer, before its connection is closed. */
const LINGER_MS = 5_000;

/** Sends a request's body to the upstream, as fast as the slower of the two. */
export class BodyPump {
  readonly #request: IncomingMessage;
  readonly #options: BodyPumpOptions;
  readonly #silence: Deadline;
  #connection: UpstreamConnection | undefined;
  #awaitsContinue: boolean;
  #blocked = false;
  #done = false;

  constructor(request: IncomingMessage, options: BodyPumpOptions) {
    this.#request = request;
    this.#options = options;
    this.#awaitsContinue = options.awaitsContinue;
    this.#silence = new Deadline(options.timedOut);
  }

  /** The whole body has been written. */
  get done(): boolean {
    return this.#done;
  }

  /** It is the client's turn to send. */
  get waitsForClient(): boolean {
    return this.#connection !== undefined && !this.#done && !this.#blocked && !this.#awaitsContinue;
  }

  start(connection: UpstreamConnection): void {
    this.#connection = connection;
    const request = this.#request;
    request.on("data", (chunk: Buffer) => this.#send(chunk));
    request.on("end", () => this.#finish());
    if (!this.#awaitsContinue) this.#silence.set(this.#options.bodyTimeoutMs);
  }

  /** The client was told to go on. */
  continued(): void {
    if (!this.#awaitsContinue) return;
    this.#awaitsContinue = false;
    this.#silence.set(this.#options.bodyTimeoutMs);
  }

  drain(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#options.progress();
    this.#silence.set(this.#options.bodyTimeoutMs);
    this.#request.resume();
  }

  /**
   * No upstream takes the rest. It is read and thrown away for a moment: closing at once would make the system send a
   * reset that can destroy the answer on its way to the client.
   */
  discard(): void {
    this.#connection = undefined;
    if (this.#request.complete || this.#request.destroyed) {
      this.#silence.clear();
      return;
    }
    const { socket } = this.#request;
    const linger = setTimeout(() => socket.destroy(), LINGER_MS);
    const over = (): void => {
      clearTimeout(linger);
      socket.off("close", over);
    };
    // A request that the parser gave up on has no end and no close of its own.
    this.#request.once("end", over);
    socket.once("close", over);
    this.#silence.clear();
    this.#request.resume();
  }

  /** The client is gone. */
  stop(): void {
    this.#connection = undefined;
    this.#silence.clear();
  }

  #send(chunk: Buffer): void {
    const socket = this.#connection?.socket;
    if (socket === undefined) return;
    this.#awaitsContinue = false;
    this.#options.progress();
    let more: boolean;
    if (this.#options.chunked) {
      socket.cork();
      socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
      socket.write(chunk);
      more = socket.write("\r\n", "latin1");
      socket.uncork();
      // Corked, it answers for the buffer; what matters is what the kernel left in it.
      more &&= !socket.writableNeedDrain;
    } else {
      more = socket.write(chunk);
    }
    if (more) {
      this.#silence.set(this.#options.bodyTimeoutMs);
      return;
    }
    this.#blocked = true;
    this.#silence.clear();
    this.#request.pause();
  }

  #finish(): void {
    this.#silence.clear();
    if (this.#connection === undefined) return;
    this.#done = true;
    this.#options.progress();
    if (!this.#options.chunked) return;
    const trailers = formatFields(trailerPairs(this.#request.rawTrailers).flat());
    this.#connection.socket.write(`0\r\n${trailers}\r\n`, "latin1");
  }
}
