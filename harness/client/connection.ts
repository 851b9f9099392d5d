import { connect, type Socket } from "node:net";
import { LIMITS } from "../spec/limits.ts";
import type { Outcome } from "../spec/outcome.ts";
import type { Clock, Endpoint } from "./load-options.ts";
import type { PendingRequest } from "./pending-request.ts";
import { type FramingViolation, type ResponseHead, ResponseReader, type ResponseSink } from "./response-reader.ts";

/** Reads are handed on synchronously and one at a time, so all connections can share the buffer that they come in. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** How a connection without a request in flight came to its end; `failed` if there was one in flight. */
export type ConnectionEnd = "announced" | "idle" | "failed" | "by-us";

/** Who opened a connection and hears of what happens on it. */
export interface ConnectionOwner {
  readonly clock: Clock;
  /** The outcome of `request` is set; called once for each request sent. */
  settled(request: PendingRequest): void;
  /** The first byte of an answer, an interim one included, has come. */
  begun?(request: PendingRequest): void;
  /** A request settled as good turned out to have a second answer; its outcome has been changed. */
  amended(request: PendingRequest): void;
  /** Another request may be sent now. */
  ready(connection: Connection): void;
  /** Nothing more can be sent; `ended` may still be to come. */
  retired(connection: Connection): void;
  ended(connection: Connection, how: ConnectionEnd): void;
}

/** One TCP or unix-socket connection and the requests in flight on it, oldest first. */
export class Connection implements ResponseSink {
  readonly number: number;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #reader = new ResponseReader(this);
  readonly #inFlight: PendingRequest[] = [];
  /** Answers that were completed by the bytes being read; settled when all of these are read. */
  #completed: PendingRequest[] = [];
  #last: PendingRequest | undefined;
  #violation: FramingViolation | undefined;
  #connected = false;
  #reading = false;
  #paused = false;
  #retired = false;
  #ended = false;
  #lastClosed = false;
  #readMs = 0;
  /** How the answer that is being read began, for the evidence should it turn out wrong. */
  readonly #beginning = Buffer.allocUnsafe(LIMITS.excerptBytes);
  #beginningBytes = 0;

  constructor(number: number, endpoint: Endpoint, owner: ConnectionOwner) {
    this.number = number;
    this.#owner = owner;
    const onread = { buffer: READ_BUFFER, callback: (length: number) => this.#read(length) };
    this.#socket =
      "socketPath" in endpoint
        ? connect({ path: endpoint.socketPath, onread })
        : connect({ host: endpoint.host, port: endpoint.port, noDelay: true, onread });
    this.#socket.on("connect", () => this.#opened());
    this.#socket.on("end", () => this.#finish("closed"));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#finish(failureOf(error)));
    this.#socket.on("close", () => this.#finish("closed"));
  }

  /** The connecting is over, one way or the other. */
  get over(): boolean {
    return this.#connected || this.#ended;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get inFlight(): number {
    return this.#inFlight.length;
  }

  get usable(): boolean {
    return !this.#retired && !this.#ended;
  }

  /** Not while an answer is judged: what follows in the same read may be the end of the connection. */
  get accepts(): boolean {
    return this.usable && !this.#reading;
  }

  send(request: PendingRequest): void {
    request.connection = this.number;
    request.reused = this.#last !== undefined || this.#inFlight.length > 0;
    this.#inFlight.push(request);
    if (this.#connected) this.#write(request);
  }

  /** The deadline for connecting has passed. */
  connectTimedOut(): void {
    this.#finish("connect-timeout");
  }

  /** The request's deadline has passed: its answer, should it come, is read and thrown away. */
  expire(request: PendingRequest): void {
    this.#settle(request, "hung", this.#owner.clock.now());
    this.retire();
  }

  /** Reads nothing more, the end of the connection included, until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (!this.#ended) this.#socket.resume();
  }

  /** Sends nothing more; ends when those in flight have ended. */
  retire(): void {
    if (!this.#retired) {
      this.#retired = true;
      this.#owner.retired(this);
    }
    if (this.#inFlight.every((request) => request.over)) this.#finish("by-us");
  }

  /** Ends at once; what is in flight gets `outcome`. */
  abandon(outcome: Outcome): void {
    const now = this.#owner.clock.now();
    for (const request of this.#inFlight) this.#settle(request, outcome, now);
    this.#finish("by-us");
  }

  awaited(): string | undefined {
    const request = this.#inFlight[0];
    // Said again for the answer proper after an interim one: the last word counts.
    if (request !== undefined && !request.over) {
      request.firstByteMs = this.#readMs;
      this.#owner.begun?.(request);
    }
    return request?.method;
  }

  head(head: ResponseHead): void {
    this.#lastClosed = head.closes;
    const request = this.#inFlight[0];
    if (request !== undefined && !request.over) request.answered(head);
  }

  body(bytes: Buffer, start: number, end: number): void {
    this.#inFlight[0]?.check.body(bytes, start, end);
  }

  complete(): void {
    const request = this.#inFlight.shift();
    if (request !== undefined) this.#completed.push(request);
  }

  violation(violation: FramingViolation): void {
    this.#violation = violation;
  }

  #opened(): void {
    this.#connected = true;
    for (const request of this.#inFlight) this.#write(request);
  }

  #write(request: PendingRequest): void {
    request.sentMs = this.#owner.clock.now();
    if (request.body === undefined) {
      this.#socket.write(request.head, "latin1");
      return;
    }
    const { body, halves } = request;
    this.#socket.cork();
    this.#socket.write(request.head, "latin1");
    this.#socket.write(halves ? body.subarray(0, halves.firstBytes) : body);
    this.#socket.uncork();
    if (!halves) return;
    void halves.rest.then(() => {
      // Refused meanwhile, perhaps.
      if (!this.#ended) this.#socket.write(body.subarray(halves.firstBytes));
    });
  }

  #read(length: number): boolean {
    if (this.#ended) return true;
    this.#readMs = this.#owner.clock.now();
    this.#reading = true;
    if (!this.#reader.midAnswer) this.#beginningBytes = READ_BUFFER.copy(this.#beginning, 0, 0, length);
    this.#reader.push(READ_BUFFER, length);
    this.#settleCompleted();
    // What follows a good answer begins with what comes next, or with nothing.
    if (!this.#reader.midAnswer) this.#beginningBytes = 0;
    return !this.#paused;
  }

  /** Only now, that all bytes of one read are seen, is it known whether an answer came twice. */
  #settleCompleted(): void {
    const completed = this.#completed;
    if (completed.length > 0) this.#completed = [];
    let sound = this.#violation === undefined;
    for (const [position, request] of completed.entries()) {
      const duplicated = this.#violation === "unexpected-bytes" && position === completed.length - 1;
      this.#last = request;
      this.#settle(request, duplicated ? "wrong-answer" : request.check.outcome(), this.#readMs);
      // A wrong id may be the answer to another request: whatever follows could not be told apart.
      if (request.outcome === "wrong-answer" || request.outcome === "hung") sound = false;
    }
    if (completed.length === 0 && this.#violation === "unexpected-bytes") this.#amendLast();
    this.#reading = false;
    if (this.#violation !== undefined) {
      this.abandon("wrong-answer");
    } else if (completed.length > 0 && !this.#ended) {
      if (!sound || this.#lastClosed) this.#closeAfterAnswer();
      else this.#owner.ready(this);
    }
  }

  #closeAfterAnswer(): void {
    // Pipelined requests behind it may still be answered by servers that announce too early.
    if (this.#inFlight.length > 0) this.retire();
    else this.#finish(this.#lastClosed ? "announced" : "by-us");
  }

  #amendLast(): void {
    if (this.#last === undefined || this.#last.outcome === "wrong-answer") return;
    this.#last.outcome = "wrong-answer";
    this.#last.received = this.#beginning.toString("latin1", 0, this.#beginningBytes);
    this.#owner.amended(this.#last);
  }

  #settle(request: PendingRequest, outcome: Outcome, atMs: number): void {
    if (request.over) return;
    request.doneMs = atMs;
    request.outcome = outcome;
    if (outcome !== "ok") request.received = this.#beginning.toString("latin1", 0, this.#beginningBytes);
    this.#owner.settled(request);
  }

  #finish(how: "by-us" | "announced" | Failure): void {
    if (this.#ended) return;
    this.#ended = true;
    const now = this.#owner.clock.now();
    if (how === "closed" && this.#reader.midAnswer && this.#reader.end()) {
      this.#readMs = now;
      this.#settleCompleted();
    }
    const lost = this.#inFlight.filter((request) => !request.over);
    for (const [position, request] of this.#inFlight.entries()) {
      // Answers behind one that said `Connection: close` will not come, whoever closes first.
      const failure = how === "by-us" || how === "announced" ? "closed" : how;
      this.#settle(request, this.#lossOf(request, position, failure), now);
    }
    this.#inFlight.length = 0;
    this.#socket.destroy();
    this.#owner.ended(this, endOf(how, lost.length > 0, this.#lastClosed));
  }

  #lossOf(request: PendingRequest, position: number, how: Failure): Outcome {
    if (how === "refused" || how === "connect-timeout" || how === "unsent") return how;
    if (position === 0 && this.#reader.midAnswer) return "truncated";
    return `${how}-before-answer-${request.reused ? "reused" : "fresh"}`;
  }
}

type Failure = "closed" | "reset" | "refused" | "connect-timeout" | "unsent";

/** The generator's own shortage of ports or descriptors is not the target's doing: the request was not sent. */
function failureOf(error: NodeJS.ErrnoException): Failure {
  switch (error.code) {
    case "ECONNREFUSED":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ENOTFOUND":
    case "ENOENT":
    case "EACCES":
    case "EAGAIN":
      return "refused";
    case "ETIMEDOUT":
      return "connect-timeout";
    case "EADDRNOTAVAIL":
    case "EMFILE":
    case "ENFILE":
    case "ENOBUFS":
      return "unsent";
    default:
      return "reset";
  }
}

function endOf(how: "by-us" | "announced" | Failure, hadInFlight: boolean, announced: boolean): ConnectionEnd {
  if (how === "by-us" || how === "announced") return how;
  if (hadInFlight) return "failed";
  return announced ? "announced" : "idle";
}
