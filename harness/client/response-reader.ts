/** The bounds of an answer's head and of the lines of a chunked body. */
const MAX_LINE_BYTES = 16 * 1024;
const MAX_HEAD_BYTES = 64 * 1024;
const MAX_FIELDS = 256;

/** What an answer got wrong about its own framing; strict where leniency would hide a desynchronised connection. */
export type FramingViolation =
  | "unexpected-bytes"
  | "bad-status-line"
  | "bad-field"
  | "bare-line-end"
  | "head-too-large"
  | "bad-content-length"
  | "bad-transfer-encoding"
  | "length-and-transfer-encoding"
  | "bad-chunk-size"
  | "bad-chunk-end"
  | "unexpected-upgrade";

export interface ResponseHead {
  readonly status: number;
  /** Names in lower case; repeated fields joined with a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** By `Connection: close`, by HTTP/1.0 without keep-alive, or by a body that only the end of the connection ends. */
  readonly closes: boolean;
  /** `Connection: close` stood in the head. */
  readonly closeAnnounced: boolean;
}

/** Called synchronously from `push` and `end`; after `violation` nothing is called any more. */
export interface ResponseSink {
  /** The first byte of an answer is there: method of the request that waits for it, undefined if none does. */
  awaited(): string | undefined;
  head(head: ResponseHead): void;
  /** Bytes `start` to `end` of `bytes`, valid during the call only. */
  body(bytes: Buffer, start: number, end: number): void;
  complete(): void;
  violation(violation: FramingViolation): void;
}

type State =
  | "start"
  | "status"
  | "fields"
  | "length"
  | "chunk-size"
  | "chunk"
  | "chunk-end"
  | "trailers"
  | "to-end"
  | "failed";

/**
 * Reads HTTP/1.x answers, one after the other, from chunks cut anywhere. Interim (1xx) answers are skipped. It retains
 * the current line and head only.
 */
export class ResponseReader {
  readonly #sink: ResponseSink;
  #state: State = "start";
  #method = "";
  /** The part of a line that an earlier chunk ended in. */
  #partial = "";
  #headBytes = 0;
  #status = 0;
  #minor = 1;
  #headers = new Map<string, string>();
  /** Bytes left of the body or of the chunk. */
  #left = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** An answer has begun and is not complete. */
  get midAnswer(): boolean {
    return this.#state !== "start" && this.#state !== "failed";
  }

  push(bytes: Buffer, end: number = bytes.length): void {
    let at = 0;
    while (at < end && this.#state !== "failed") at = this.#step(bytes, at, end);
  }

  /** The connection has ended. True if the answer, if there was one, is complete by that. */
  end(): boolean {
    if (this.#state === "to-end") this.#complete();
    return !this.midAnswer;
  }

  #step(bytes: Buffer, at: number, end: number): number {
    switch (this.#state) {
      case "start":
        this.#begin();
        return at;
      case "length":
      case "chunk": {
        const until = Math.min(end, at + this.#left);
        this.#left -= until - at;
        this.#sink.body(bytes, at, until);
        if (this.#left === 0) this.#bodyPartOver();
        return until;
      }
      case "to-end":
        this.#sink.body(bytes, at, end);
        return end;
      default:
        return this.#readLine(bytes, at, end);
    }
  }

  #begin(): void {
    const method = this.#sink.awaited();
    if (method === undefined) {
      this.#fail("unexpected-bytes");
      return;
    }
    this.#method = method;
    this.#headBytes = 0;
    this.#state = "status";
  }

  #bodyPartOver(): void {
    if (this.#state === "length") this.#complete();
    else this.#state = "chunk-end";
  }

  #readLine(bytes: Buffer, at: number, end: number): number {
    const found = bytes.indexOf(10, at);
    const until = found === -1 || found >= end ? end : found + 1;
    let line = bytes.toString("latin1", at, until);
    if (this.#partial !== "") line = this.#partial + line;
    if (line.length > MAX_LINE_BYTES) {
      this.#fail("head-too-large");
    } else if (!line.endsWith("\n")) {
      this.#partial = line;
    } else {
      this.#partial = "";
      // A line feed or carriage return alone is where two parsers begin to disagree on where a message ends.
      if (line.indexOf("\r") !== line.length - 2) this.#fail("bare-line-end");
      else this.#line(line.slice(0, -2));
    }
    return until;
  }

  #line(line: string): void {
    switch (this.#state) {
      case "status":
        this.#statusLine(line);
        break;
      case "fields":
        if (line === "") this.#headOver();
        else this.#field(line, true);
        break;
      case "chunk-size":
        this.#chunkSize(line);
        break;
      case "chunk-end":
        if (line === "") this.#state = "chunk-size";
        else this.#fail("bad-chunk-end");
        break;
      case "trailers":
        if (line === "") this.#complete();
        else this.#field(line, false);
        break;
      default:
        throw new Error(`no line is read in state ${this.#state}`);
    }
  }

  #statusLine(line: string): void {
    const match = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(line);
    if (match === null) {
      this.#fail("bad-status-line");
      return;
    }
    this.#minor = Number(match[1]);
    this.#status = Number(match[2]);
    this.#headers = new Map();
    this.#state = "fields";
  }

  #field(line: string, keep: boolean): void {
    this.#headBytes += line.length;
    if (this.#headBytes > MAX_HEAD_BYTES || this.#headers.size > MAX_FIELDS) {
      this.#fail("head-too-large");
      return;
    }
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || line.includes("\0")) {
      this.#fail("bad-field");
      return;
    }
    if (!keep) return;
    const value = line.slice(colon + 1).trim();
    const earlier = this.#headers.get(name);
    this.#headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }

  #headOver(): void {
    if (this.#status === 101) this.#fail("unexpected-upgrade");
    else if (this.#status < 200) this.#state = "start";
    else this.#frameBody();
  }

  /** RFC 9112, 6.3, without its leniencies. */
  #frameBody(): void {
    const length = this.#headers.get("content-length");
    const encoding = this.#headers.get("transfer-encoding");
    const bodiless = this.#method === "HEAD" || this.#status === 204 || this.#status === 304;
    if (length !== undefined && encoding !== undefined) {
      this.#fail("length-and-transfer-encoding");
    } else if (encoding !== undefined && (encoding.toLowerCase() !== "chunked" || this.#minor === 0)) {
      this.#fail("bad-transfer-encoding");
    } else if (length !== undefined && !/^[0-9]{1,15}$/.test(length)) {
      this.#fail("bad-content-length");
    } else {
      const toEnd = !bodiless && length === undefined && encoding === undefined;
      this.#sink.head(this.#describe(toEnd));
      if (toEnd) {
        this.#state = "to-end";
      } else if (bodiless || Number(length) === 0) {
        this.#complete();
      } else if (length === undefined) {
        this.#state = "chunk-size";
      } else {
        this.#left = Number(length);
        this.#state = "length";
      }
    }
  }

  #describe(toEnd: boolean): ResponseHead {
    const connection = this.#headers.get("connection")?.toLowerCase() ?? "";
    const options = connection === "" ? [] : connection.split(",").map((option) => option.trim());
    const closeAnnounced = options.includes("close");
    const closes = closeAnnounced || toEnd || (this.#minor === 0 && !options.includes("keep-alive"));
    return { status: this.#status, headers: this.#headers, closes, closeAnnounced };
  }

  #chunkSize(line: string): void {
    const match = /^([0-9a-fA-F]{1,12})(?:[ \t]*;.*)?$/.exec(line);
    if (match === null) {
      this.#fail("bad-chunk-size");
      return;
    }
    this.#left = Number.parseInt(match[1] ?? "", 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk";
  }

  #complete(): void {
    this.#state = "start";
    this.#sink.complete();
  }

  #fail(violation: FramingViolation): void {
    this.#state = "failed";
    this.#sink.violation(violation);
  }
}
