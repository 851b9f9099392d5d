import { LIMITS } from "../spec/limits.ts";

/**
 * `line` has no newline and is only good during the call; `offset` counts bytes from the start of the content;
 * `terminated` is false for what stands after the last newline.
 */
export type OnLine = (line: Buffer, offset: number, terminated: boolean) => void;

const NEWLINE = 0x0a;

/** Cuts chunks of any size into lines; hands on unterminated parts of those that are too long to be held. */
export class LineSplitter {
  readonly #onLine: OnLine;
  readonly #maxLineBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #bytes = 0;

  constructor(onLine: OnLine, maxLineBytes: number = LIMITS.logLineBytes) {
    this.#onLine = onLine;
    this.#maxLineBytes = maxLineBytes;
  }

  /** Bytes taken in so far. */
  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    let from = 0;
    const base = this.#bytes;
    this.#bytes += chunk.length;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (this.#pendingBytes === 0) this.#onLine(chunk.subarray(from, at), base + from, true);
      else this.#emitPending(chunk.subarray(from, at), base + from, true);
      from = at + 1;
    }
    if (from === chunk.length) return;
    this.#pending.push(chunk.subarray(from));
    this.#pendingBytes += chunk.length - from;
    if (this.#pendingBytes > this.#maxLineBytes) this.#emitPending(Buffer.alloc(0), this.#bytes, false);
  }

  end(): void {
    if (this.#pendingBytes > 0) this.#emitPending(Buffer.alloc(0), this.#bytes, false);
  }

  #emitPending(rest: Buffer, restOffset: number, terminated: boolean): void {
    const line = Buffer.concat([...this.#pending, rest]);
    const offset = restOffset - this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#onLine(line, offset, terminated);
  }
}
