import { BadAnswerError, parseFields, parseResponseHead, type ResponseHead } from "./response-head.ts";

/** What the parser tells, in the order of the bytes. */
export interface ResponseEvents {
  /** A 1xx answer; the final one is still to come. */
  informational(head: ResponseHead): void;
  head(head: ResponseHead): void;
  data(chunk: Buffer): void;
  end(trailers: readonly string[]): void;
  /** The upstream switched protocols: the rest of the connection is no HTTP. */
  upgraded(head: ResponseHead, rest: Buffer): void;
}

const MAX_HEAD_BYTES = 64 * 1024;
const MAX_LINE_BYTES = 4096;
const HEAD_END = Buffer.from("\r\n\r\n");
const LINE_END = Buffer.from("\r\n");
const EMPTY = Buffer.alloc(0);

type State =
  | "idle"
  | "head"
  | "length"
  | "chunk-size"
  | "chunk-data"
  | "chunk-end"
  | "trailers"
  | "until-close"
  | "tunnel";

/** Reads the answers on one connection, one after the other; strict, and it never waits for a byte that it doesn't need. */
export class ResponseParser {
  readonly #events: ResponseEvents;
  #state: State = "idle";
  #method = "GET";
  #upgradeAllowed = false;
  #pending: Buffer = EMPTY;
  #remaining = 0;
  #started = false;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** Expects one answer to a request of that method. */
  expect(method: string, upgradeAllowed: boolean): void {
    this.#state = "head";
    this.#method = method;
    this.#upgradeAllowed = upgradeAllowed;
    this.#started = false;
  }

  /** A byte of the expected answer has come. */
  get started(): boolean {
    return this.#started;
  }

  get idle(): boolean {
    return this.#state === "idle";
  }

  /** @throws {BadAnswerError} also for bytes that nobody asked for. */
  push(chunk: Buffer): void {
    this.#started = true;
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    this.#pending = EMPTY;
    while (rest.length > 0) {
      const next = this.#step(rest);
      if (next === undefined) {
        this.#pending = rest;
        return;
      }
      rest = next;
    }
  }

  /** The upstream sent FIN. False if the answer is cut short. */
  finish(): boolean {
    if (this.#state === "until-close") this.#end([]);
    return this.#state === "idle" || this.#state === "tunnel";
  }

  /** Handles the beginning of `bytes` and returns the rest; undefined if more is needed. */
  #step(bytes: Buffer): Buffer | undefined {
    switch (this.#state) {
      case "idle":
        throw new BadAnswerError("expected no bytes between two answers");
      case "head":
        return this.#head(bytes);
      case "length":
      case "chunk-data":
        return this.#body(bytes);
      case "chunk-size":
        return this.#chunkSize(bytes);
      case "chunk-end":
        if (bytes.length < 2) return undefined;
        if (bytes[0] !== 13 || bytes[1] !== 10) throw new BadAnswerError("expected CRLF after a chunk");
        this.#state = "chunk-size";
        return bytes.subarray(2);
      case "trailers":
        return this.#trailers(bytes);
      case "until-close":
        this.#events.data(bytes);
        return EMPTY;
      default:
        throw new Error("a tunnel's bytes do not go through the parser");
    }
  }

  #head(bytes: Buffer): Buffer | undefined {
    const at = bytes.indexOf(HEAD_END);
    if (at === -1 || at > MAX_HEAD_BYTES) {
      if (bytes.length > MAX_HEAD_BYTES) throw new BadAnswerError(`expected a head of at most ${MAX_HEAD_BYTES} bytes`);
      return undefined;
    }
    const head = parseResponseHead(bytes.toString("latin1", 0, at), this.#method);
    const rest = bytes.subarray(at + HEAD_END.length);
    if (head.status === 101) {
      if (!this.#upgradeAllowed) throw new BadAnswerError("expected no change of protocol, as none was asked for");
      this.#state = "tunnel";
      this.#events.upgraded(head, rest);
      return EMPTY;
    }
    if (head.status < 200) {
      this.#events.informational(head);
      return rest;
    }
    this.#begin(head);
    return rest;
  }

  #begin(head: ResponseHead): void {
    const { framing } = head;
    this.#events.head(head);
    if (framing.kind === "none" || (framing.kind === "length" && framing.bytes === 0)) {
      this.#end([]);
    } else if (framing.kind === "length") {
      this.#state = "length";
      this.#remaining = framing.bytes;
    } else {
      this.#state = framing.kind === "chunked" ? "chunk-size" : "until-close";
    }
  }

  #body(bytes: Buffer): Buffer {
    const part = bytes.length > this.#remaining ? bytes.subarray(0, this.#remaining) : bytes;
    this.#remaining -= part.length;
    this.#events.data(part);
    if (this.#remaining === 0) {
      if (this.#state === "length") this.#end([]);
      else this.#state = "chunk-end";
    }
    return bytes.subarray(part.length);
  }

  #chunkSize(bytes: Buffer): Buffer | undefined {
    const at = this.#lineEnd(bytes);
    if (at === undefined) return undefined;
    const size = /^([0-9a-f]{1,12})(?:[ \t]*;.*)?$/i.exec(bytes.toString("latin1", 0, at));
    if (!size) throw new BadAnswerError("expected the size of a chunk in hexadecimal");
    this.#remaining = Number.parseInt(size[1] ?? "", 16);
    this.#state = this.#remaining === 0 ? "trailers" : "chunk-data";
    return bytes.subarray(at + 2);
  }

  #trailers(bytes: Buffer): Buffer | undefined {
    // The empty line may come at once or end the fields.
    if (bytes.length >= 2 && bytes[0] === 13 && bytes[1] === 10) {
      this.#end([]);
      return bytes.subarray(2);
    }
    const at = bytes.indexOf(HEAD_END);
    if (at === -1) {
      if (bytes.length > MAX_HEAD_BYTES) throw new BadAnswerError("expected shorter trailers");
      return undefined;
    }
    this.#end(parseFields(bytes.toString("latin1", 0, at)));
    return bytes.subarray(at + HEAD_END.length);
  }

  #lineEnd(bytes: Buffer): number | undefined {
    const at = bytes.indexOf(LINE_END);
    if (at !== -1 && at <= MAX_LINE_BYTES) return at;
    if (at !== -1 || bytes.length > MAX_LINE_BYTES) throw new BadAnswerError("expected a shorter chunk line");
    return undefined;
  }

  #end(trailers: readonly string[]): void {
    this.#state = "idle";
    this.#events.end(trailers);
  }
}
