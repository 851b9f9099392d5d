import { createHash, type Hash } from "node:crypto";

/** A message as it came, from its first byte on; it is filled in while it comes. */
export interface Reading {
  /** Of `performance.now()`. */
  readonly atMs: number;
  /** Raw, as Latin-1, without the empty line that ends it. */
  head: string;
  method: string;
  target: string;
  /** `x-hupspec-id`; empty where there is none. */
  id: string;
  /** The beginning of the body, in its framing. */
  body: string;
  /** Bytes of the body, without the framing. */
  bodyBytes: number;
  readonly digest: Hash;
  whole: boolean;
}

const EMPTY = Buffer.alloc(0);
const KEPT_HEAD_BYTES = 16 * 1024;
const KEPT_BODY_BYTES = 1024;

type State = "head" | "length" | "chunk-size" | "chunk-data" | "chunk-end" | "trailers" | "broken";

/**
 * Reads requests as a server would that trusts the proxy in front of it: lenient on purpose, for whatever ambiguity the proxy
 * passes on has to show its effect here. `Transfer-Encoding` counts if it contains `chunked`, of several lengths the first, and a
 * bare LF ends a line.
 */
export class RequestReader {
  readonly #begun: (reading: Reading) => void;
  readonly #whole: (reading: Reading) => void;
  #pending: Buffer = EMPTY;
  #state: State = "head";
  #left = 0;
  #current: Reading | undefined;

  constructor(events: { begun(reading: Reading): void; whole(reading: Reading): void }) {
    this.#begun = (reading) => events.begun(reading);
    this.#whole = (reading) => events.whole(reading);
  }

  push(chunk: Buffer): void {
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    this.#pending = EMPTY;
    while (rest.length > 0) {
      const used = this.#step(rest);
      if (used === undefined) {
        this.#pending = rest;
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** Bytes that it has done with, undefined if it needs more of them. */
  #step(bytes: Buffer): number | undefined {
    switch (this.#state) {
      case "head":
        return this.#head(bytes);
      case "length":
      case "chunk-data":
        return this.#data(bytes);
      case "chunk-size":
        return this.#line(bytes, (line) => {
          this.#left = Number.parseInt(line, 16);
          if (Number.isNaN(this.#left)) this.#state = "broken";
          else this.#state = this.#left === 0 ? "trailers" : "chunk-data";
        });
      case "chunk-end":
        return this.#line(bytes, () => (this.#state = "chunk-size"));
      case "trailers":
        return this.#line(bytes, (line) => line === "" && this.#end());
      case "broken":
        this.#keep(bytes);
        return bytes.length;
    }
  }

  #head(bytes: Buffer): number | undefined {
    // Empty lines before a request are nothing, RFC 9112 section 2.2.
    if (!this.#current && (bytes[0] === 0x0d || bytes[0] === 0x0a)) return 1;
    const reading = (this.#current ??= this.#begin());
    const text = bytes.toString("latin1");
    const end = /\r?\n\r?\n/.exec(text);
    reading.head = text.slice(0, Math.min(end?.index ?? text.length, KEPT_HEAD_BYTES));
    reading.id = /^x-hupspec-id[ \t]*:[ \t]*(\S*)/im.exec(reading.head)?.[1] ?? "";
    if (!end) return undefined;
    const [method = "", target = ""] = reading.head.split(/[ \t]+/, 2);
    Object.assign(reading, { method, target });
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}[ \\t]*:[ \\t]*(.*)`, "im").exec(reading.head)?.[1];
    this.#left = Number.parseInt(field("content-length") ?? "0", 10) || 0;
    if (/chunked/i.test(field("transfer-encoding") ?? "")) this.#state = "chunk-size";
    else if (this.#left > 0) this.#state = "length";
    else this.#end();
    return end.index + end[0].length;
  }

  #data(bytes: Buffer): number {
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.length;
    this.#keep(part);
    if (this.#current) {
      this.#current.bodyBytes += part.length;
      this.#current.digest.update(part);
    }
    if (this.#left > 0) return part.length;
    if (this.#state === "length") this.#end();
    else this.#state = "chunk-end";
    return part.length;
  }

  #line(bytes: Buffer, take: (line: string) => void): number | undefined {
    const end = bytes.indexOf(0x0a);
    if (end === -1) return undefined;
    this.#keep(bytes.subarray(0, end + 1));
    take(bytes.subarray(0, end).toString("latin1").replace(/\r$/, ""));
    return end + 1;
  }

  #begin(): Reading {
    const digest = createHash("sha256");
    const reading: Reading = {
      atMs: performance.now(),
      head: "",
      method: "",
      target: "",
      id: "",
      body: "",
      bodyBytes: 0,
      digest,
      whole: false,
    };
    this.#begun(reading);
    return reading;
  }

  #end(): void {
    const reading = this.#current;
    this.#current = undefined;
    this.#state = "head";
    if (!reading) return;
    reading.whole = true;
    this.#whole(reading);
  }

  #keep(bytes: Buffer): void {
    const reading = this.#current;
    if (reading) reading.body += bytes.toString("latin1", 0, Math.max(0, KEPT_BODY_BYTES - reading.body.length));
  }
}
