import { closeSync, constants, fstatSync, openSync, writeSync } from "node:fs";

/** How long to leave a descriptor alone that takes no more, in milliseconds. */
const RETRY_MS = 2;

const WRITE_BYTES = 64 * 1024;

const NEWLINE = 10;

export interface LineSinkOptions {
  readonly fd: number;
  /** Bytes held while the descriptor takes none; what goes beyond is dropped by whole chunks and counted. */
  readonly limitBytes?: number;
  /** How long a writer may be held up by a full buffer before its lines are dropped; 0 never blocks. */
  readonly patienceMs?: number;
  /** The line that tells of `lines` lines lost, newline included. */
  readonly describeDrop?: (lines: number) => string;
}

/**
 * Hands whole lines to a descriptor and keeps them whole: what the descriptor took in part is finished before anything
 * else, a reader that is gone (EPIPE) costs its lines but neither the process nor a busy loop, and every loss is counted.
 */
export class LineSink {
  readonly #fd: number;
  readonly #limitBytes: number;
  readonly #patienceMs: number;
  readonly #describeDrop: ((lines: number) => string) | undefined;
  #queue: Buffer[] = [];
  #buffered = 0;
  #dropped = 0;
  #written = 0;
  /** What the descriptor took last was a part of a line. */
  #midLine = false;
  /** The rest of that part was lost: the next line must not run into it. */
  #torn = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: LineSinkOptions) {
    this.#fd = options.fd;
    this.#limitBytes = options.limitBytes ?? 8 * 1024 ** 2;
    this.#patienceMs = options.patienceMs ?? 0;
    this.#describeDrop = options.describeDrop;
  }

  /** Bytes accepted and not yet taken by the descriptor. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Bytes that the descriptor has taken since the beginning. */
  get written(): number {
    return this.#written;
  }

  /** Lines lost and not yet told of. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a chunk that ends with a newline. */
  write(lines: Buffer): void {
    if (this.#buffered + lines.length > this.#limitBytes && this.#buffered > 0) this.flush(this.#patienceMs);
    if (this.#buffered + lines.length > this.#limitBytes && this.#buffered > 0) {
      this.#dropped += countLines(lines);
      return;
    }
    this.#queue.push(lines);
    this.#buffered += lines.length;
    if (this.#retry === undefined) this.#pump();
  }

  /** Blocks until all is written, the reader is gone, or nothing moved for `boundMs`. */
  flush(boundMs: number): void {
    let deadline = performance.now() + boundMs;
    let seen = this.#written;
    while (this.#pump() === "stuck" && performance.now() < deadline) {
      Atomics.wait(PAUSE, 0, 0, RETRY_MS);
      if (this.#written !== seen) deadline = performance.now() + boundMs;
      seen = this.#written;
    }
  }

  /** Resolves when all is written or the reader is gone; never blocks the event loop. */
  async drained(): Promise<void> {
    while (this.#pump() === "stuck") await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }

  #pump(): "empty" | "stuck" {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    while (this.#buffered > 0) {
      const batch = this.#takeBatch();
      const written = this.#endTornLine() ?? tryWrite(this.#fd, batch);
      if (written === "gone") {
        this.#dropped += countLines(batch) + this.#queue.reduce((sum, chunk) => sum + countLines(chunk), 0);
        this.#queue = [];
        this.#buffered = 0;
        this.#torn ||= this.#midLine;
        this.#midLine = false;
        return "empty";
      }
      this.#written += written;
      this.#buffered -= written;
      if (written > 0) this.#midLine = batch[written - 1] !== NEWLINE;
      if (written < batch.length) this.#queue.unshift(batch.subarray(written));
      if (written === 0) {
        this.#retry = setTimeout(() => this.#pump(), RETRY_MS);
        return "stuck";
      }
      this.#tellOfDrops();
    }
    return "empty";
  }

  /** Undefined if there is nothing in the way of the next line, else why it has to wait. */
  #endTornLine(): 0 | "gone" | undefined {
    if (!this.#torn) return undefined;
    const written = tryWrite(this.#fd, Buffer.of(NEWLINE));
    if (written === "gone" || written === 0) return written;
    this.#torn = false;
    return undefined;
  }

  /** Small chunks go out together: one system call for many lines. */
  #takeBatch(): Buffer {
    const first = this.#queue[0];
    if (first === undefined) throw new Error("the line sink counts bytes that it does not hold");
    let count = 1;
    let bytes = first.length;
    for (; count < this.#queue.length; count++) {
      const next = this.#queue[count]?.length ?? 0;
      if (bytes + next > WRITE_BYTES) break;
      bytes += next;
    }
    const chunks = this.#queue.splice(0, count);
    return count === 1 ? first : Buffer.concat(chunks, bytes);
  }

  #tellOfDrops(): void {
    if (this.#dropped === 0 || !this.#describeDrop || this.#buffered > this.#limitBytes / 2) return;
    const lines = this.#dropped;
    this.#dropped = 0;
    const told = Buffer.from(this.#describeDrop(lines));
    this.#queue.push(told);
    this.#buffered += told.length;
  }
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/** A reader that is slow, and the ways in which a disk has no room: limits of a quota and of the process among them. */
const TAKES_NONE_NOW: ReadonlySet<string | undefined> = new Set(["EAGAIN", "EINTR", "ENOSPC", "EDQUOT", "EFBIG"]);

function tryWrite(fd: number, bytes: Buffer): number | "gone" {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return TAKES_NONE_NOW.has(code) ? 0 : "gone";
  }
}

function countLines(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

/**
 * A descriptor for the same output that never blocks, without changing the mode of an open file that other processes
 * share: a pipe is opened anew; a socket belongs to this process alone, so its own mode may change; files do not block.
 */
export function unblocked(fd: 1 | 2): { readonly fd: number; close(): void } {
  const kind = fstatSync(fd);
  if (kind.isFIFO()) {
    try {
      const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
      return { fd: own, close: () => closeSync(own) };
    } catch {
      // A pipe of another user may be written to but not opened: then writing may block, which is the lesser evil.
      return { fd, close: () => undefined };
    }
  }
  // Node sets O_NONBLOCK on a socket as soon as it wraps it in a stream.
  if (kind.isSocket()) (fd === 1 ? process.stdout : process.stderr).on("error", () => undefined);
  return { fd, close: () => undefined };
}
