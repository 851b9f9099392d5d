import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { LineSink, unblocked } from "../log-record/line-sink.ts";
import { seal } from "../log-record/record.ts";

/** What the access log says of one request. */
export interface AccessFacts {
  readonly id: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** 499 if the client left before there was one, 0 never. */
  readonly status: number;
  /** Of the body. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly upstream: string;
  readonly retries: number;
  /** The answer was complete. */
  readonly complete: boolean;
}

/** A log file that stands ready: one of the two has to be called. */
export interface PreparedFile {
  commit(): void;
  discard(): void;
}

/** How long records are gathered into one write. */
const GATHER_MS = 20;
const GATHER_BYTES = 64 * 1024;
const FLUSH_MS = 2_000;

/**
 * One record per request, in the project's shape, with the facts behind it. A full or stalled sink costs records, which are
 * counted, and never holds up a request.
 */
export class AccessLog implements Disposable {
  readonly #app: string;
  readonly #writer = randomBytes(6).toString("base64url");
  #file: string | undefined;
  #fd: { readonly fd: number; close(): void };
  #sink: LineSink;
  #seq = 0;
  #held: string[] = [];
  #heldLength = 0;
  #gather: NodeJS.Timeout | undefined;

  /** Writes to standard output if `file` is undefined. Throws if the file can't be opened. */
  constructor(app: string, file: string | undefined) {
    this.#app = app;
    this.#file = file;
    this.#fd = open(file);
    this.#sink = this.#newSink();
  }

  write(facts: AccessFacts): void {
    const msg = `${facts.method} ${facts.path} ${facts.status}`;
    this.#gatherUp(this.#line(facts.complete ? "info" : "warn", "access", msg, facts));
  }

  /** Opens the file anew, as after a rename by someone else. Throws and keeps the old one if that fails. */
  reopen(): void {
    this.prepare(this.#file).commit();
  }

  /** Opens another file without writing to it yet; `commit` can't fail. Throws if it can't be opened. */
  prepare(file: string | undefined): PreparedFile {
    const next = open(file);
    return {
      commit: () => {
        // The old file gets what it is owed first.
        this.flush();
        this.#fd.close();
        this.#file = file;
        this.#fd = next;
        this.#sink = this.#newSink();
      },
      discard: () => next.close(),
    };
  }

  /** Blocks for two seconds at most without progress. */
  flush(): void {
    this.#handOn();
    this.#sink.flush(FLUSH_MS);
  }

  [Symbol.dispose](): void {
    this.flush();
    this.#fd.close();
  }

  #newSink(): LineSink {
    return new LineSink({
      fd: this.#fd.fd,
      describeDrop: (lines) =>
        this.#line("warn", "dropped", `${lines} access records were dropped: the log took no more`, { count: lines }),
    });
  }

  #gatherUp(line: string): void {
    this.#held.push(line);
    this.#heldLength += line.length;
    if (this.#heldLength >= GATHER_BYTES) this.#handOn();
    else this.#gather ??= setTimeout(() => this.#handOn(), GATHER_MS);
  }

  #handOn(): void {
    clearTimeout(this.#gather);
    this.#gather = undefined;
    if (this.#held.length === 0) return;
    this.#sink.write(Buffer.from(this.#held.join("")));
    this.#held = [];
    this.#heldLength = 0;
  }

  #line(level: string, event: string, msg: string, facts?: AccessFacts | { readonly count: number }): string {
    const { id, ...rest } = { id: undefined, ...facts };
    const record = {
      time: new Date().toISOString(),
      level,
      app: this.#app,
      pid: process.pid,
      generation: 0,
      writer: this.#writer,
      seq: this.#seq++,
      ...(id !== undefined && { id }),
      event,
      msg,
      ...rest,
    };
    return seal(JSON.stringify(record).slice(0, -1));
  }
}

function open(file: string | undefined): { readonly fd: number; close(): void } {
  if (file === undefined) return unblocked(1);
  mkdirSync(path.dirname(file), { recursive: true });
  const fd = openSync(file, "a", 0o640);
  return { fd, close: () => closeSync(fd) };
}
