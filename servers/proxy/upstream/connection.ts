import type net from "node:net";
import { BadAnswerError, type ResponseHead } from "./response-head.ts";
import { ResponseParser, type ResponseEvents } from "./response-parser.ts";

/** Why an exchange with an upstream failed; `answerStarted` and `reused` decide whether it may be tried again. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly kind: "connect" | "connect-timeout" | "closed" | "bad-answer";
  /** A byte of the answer, be it of a 1xx one, has come. */
  readonly answerStarted: boolean;
  /** The connection had carried an exchange before. */
  readonly reused: boolean;

  constructor(
    kind: UpstreamError["kind"],
    message: string,
    facts: { answerStarted?: boolean; reused?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: facts.cause });
    this.kind = kind;
    this.answerStarted = facts.answerStarted ?? false;
    this.reused = facts.reused ?? false;
  }
}

/** Who takes the answer of one exchange. After `end`, `upgraded` or `failed` nothing more comes. */
export interface AnswerSink extends ResponseEvents {
  failed(error: UpstreamError): void;
  /** All that one read brought has been told. */
  readDone(): void;
  /** The connection takes more of the request's body. */
  drain(): void;
}

/**
 * One connection to an upstream. Idle, it watches for whatever the upstream does: a FIN, an error or a byte nobody asked
 * for end it at once, so that it is never handed out again (`onGone` tells the pool).
 */
export class UpstreamConnection {
  readonly socket: net.Socket;
  /** When it was last given back, on the clock of `performance.now()`; and how long it may stay idle. */
  idleSinceMs = 0;
  idleLimitMs = Number.POSITIVE_INFINITY;
  onGone: (() => void) | undefined;
  readonly #parser: ResponseParser;
  #sink: AnswerSink | undefined;
  #exchanges = 0;
  #gone = false;
  #keepAlive = true;

  constructor(socket: net.Socket) {
    this.socket = socket;
    this.#parser = new ResponseParser({
      informational: (head) => this.#sink?.informational(head),
      head: (head) => this.#onHead(head),
      data: (chunk) => this.#sink?.data(chunk),
      end: (trailers) => this.#release()?.end(trailers),
      upgraded: (head, rest) => {
        this.#detach();
        this.#release()?.upgraded(head, rest);
      },
    });
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    socket.on("drain", this.#onDrain);
  }

  /** The next exchange can't start on it any more. */
  get gone(): boolean {
    return this.#gone || this.socket.destroyed;
  }

  /** It may carry another exchange: the last answer was complete and the upstream did not say `Connection: close`. */
  get reusable(): boolean {
    return !this.gone && this.#keepAlive && this.#parser.idle;
  }

  /** Sends a request's head, with its whole body if that is at hand. */
  send(method: string, head: string, sink: AnswerSink, upgradeAllowed = false): void {
    this.#sink = sink;
    this.#exchanges++;
    this.#parser.expect(method, upgradeAllowed);
    this.socket.write(head, "latin1");
  }

  /** Forgets the exchange, if any, and closes. */
  destroy(): void {
    this.#sink = undefined;
    this.#leave();
    this.socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#parser.push(chunk);
    } catch (cause) {
      if (!(cause instanceof BadAnswerError)) throw cause;
      this.#fail("bad-answer", cause.message, cause);
      return;
    }
    this.#sink?.readDone();
  };

  readonly #onEnd = (): void => {
    this.#gone = true;
    const sink = this.#sink;
    const whole = this.#parser.finish();
    if (sink === undefined || whole) this.destroy();
    else this.#fail("closed", "the upstream closed the connection before its answer was complete");
  };

  readonly #onError = (cause: Error): void =>
    this.#fail("closed", `the upstream's connection broke: ${cause.message}`, cause);

  readonly #onClose = (): void => this.#fail("closed", "the upstream's connection was closed");

  readonly #onDrain = (): void => this.#sink?.drain();

  #onHead(head: ResponseHead): void {
    this.#keepAlive = head.keepAlive;
    if (head.idleLimitMs !== undefined) this.idleLimitMs = head.idleLimitMs;
    this.#sink?.head(head);
  }

  #fail(kind: "closed" | "bad-answer", message: string, cause?: unknown): void {
    const sink = this.#release();
    const facts = { answerStarted: this.#parser.started, reused: this.#exchanges > 1, cause };
    this.#leave();
    this.socket.destroy();
    sink?.failed(new UpstreamError(kind, message, facts));
  }

  #release(): AnswerSink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    return sink;
  }

  #leave(): void {
    this.#gone = true;
    const tell = this.onGone;
    this.onGone = undefined;
    tell?.();
  }

  #detach(): void {
    this.socket.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onError);
    this.socket.off("close", this.#onClose).off("drain", this.#onDrain);
  }
}
