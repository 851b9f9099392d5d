import { connect, type Socket } from "node:net";
import { ResponseReader, type ResponseHead, type ResponseSink } from "../client/response-reader.ts";
import { LIMITS } from "../spec/limits.ts";
import { addressOf, type Endpoint } from "../targets/endpoint.ts";
import type { Asked, Reply } from "./reply.ts";

export interface AskOptions {
  readonly id: string;
  /** From sending to giving up; {@link LIMITS.requestMs} unless told. */
  readonly withinMs?: number;
  /** The answer does not end by itself: so much of its body will do. */
  readonly enough?: (body: Buffer) => boolean;
  /** Announce that the connection ends with this request. */
  readonly last?: boolean;
}

/** A request whose answer is being read. */
interface Pending {
  readonly asked: Asked;
  readonly options: AskOptions;
  readonly sentMs: number;
  readonly settle: (outcome: Outcome) => void;
  readonly pieces: Buffer[];
  head?: ResponseHead;
  firstMs?: number;
}

type Outcome = { readonly complete: boolean } | { readonly failure: string };

/** One connection on which requests are asked one after the other, each answer read strictly and kept whole. */
export class Wire implements ResponseSink, Disposable {
  readonly #endpoint: Endpoint;
  readonly #signal: AbortSignal;
  readonly #socket: Socket;
  readonly #reader = new ResponseReader(this);
  #asked = 0;
  #pending: Pending | undefined;
  /** Why nothing can be asked any more. */
  #over: string | undefined;

  constructor(endpoint: Endpoint, signal: AbortSignal) {
    this.#endpoint = endpoint;
    this.#signal = signal;
    this.#socket = connect({ ...addressOf(endpoint), noDelay: true });
    this.#socket.on("data", (bytes: Buffer) => this.#reader.push(bytes));
    this.#socket.on("end", () => this.#ended("the connection was closed"));
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#ended(error.code ?? error.message));
    this.#socket.on("close", () => this.#ended("the connection was closed"));
  }

  /** Rejects on abort; all else is a value. */
  async ask(asked: Asked, options: AskOptions): Promise<Reply> {
    this.#signal.throwIfAborted();
    const reply = { asked, id: options.id, connection: this.#asked++ === 0 ? "fresh" : "reused" } as const;
    if (this.#over !== undefined) return { ...reply, failure: this.#over };
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const pending: Pending = { asked, options, sentMs: performance.now(), settle: resolve, pieces: [] };
    this.#pending = pending;
    const withinMs = options.withinMs ?? LIMITS.requestMs;
    const timer = setTimeout(() => this.#fail(`no whole answer within ${withinMs} ms`), withinMs);
    const abort = (): void => this.#fail("interrupted");
    this.#signal.addEventListener("abort", abort, { once: true });
    this.#send(pending);
    const outcome = await promise;
    clearTimeout(timer);
    this.#signal.removeEventListener("abort", abort);
    this.#signal.throwIfAborted();
    const { head, sentMs, firstMs, pieces } = pending;
    if ("failure" in outcome) return { ...reply, ...outcome };
    if (!head) return { ...reply, failure: "no head" };
    const endMs = performance.now();
    const { status, headers } = head;
    const times = { tookMs: endMs - sentMs, bodyMs: endMs - (firstMs ?? endMs) };
    return { ...reply, answer: { status, headers, body: Buffer.concat(pieces), ...outcome, ...times } };
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  awaited(): string | undefined {
    return this.#pending?.asked.method;
  }

  head(head: ResponseHead): void {
    if (this.#pending) this.#pending.head = head;
  }

  body(bytes: Buffer, start: number, end: number): void {
    const pending = this.#pending;
    if (!pending) return;
    pending.firstMs ??= performance.now();
    pending.pieces.push(Buffer.from(bytes.subarray(start, end)));
    if (pending.options.enough?.(Buffer.concat(pending.pieces)) === true) this.#settle({ complete: false });
  }

  complete(): void {
    this.#settle({ complete: true });
  }

  violation(violation: string): void {
    this.#fail(`an answer whose framing is wrong (${violation})`);
  }

  #send({ asked: { method, path, body, chunked = false }, options }: Pending): void {
    const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body?.length ?? 0}`;
    const fields = [
      `Host: ${this.#endpoint.hostHeader}`,
      `x-hupspec-id: ${options.id}`,
      ...(body || method === "POST" ? [framing] : []),
      ...(options.last === true ? ["Connection: close"] : []),
    ];
    this.#socket.cork();
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`, "latin1");
    if (body && !chunked) this.#socket.write(body);
    if (body && chunked) for (const piece of chunksOf(body)) this.#socket.write(piece);
    this.#socket.uncork();
  }

  #settle(outcome: Outcome): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.settle(outcome);
  }

  #ended(how: string): void {
    const begun = this.#reader.midAnswer;
    // An answer without a length ends like this.
    if (begun && this.#reader.end()) this.#over ??= how;
    this.#fail(begun ? `${how} in the middle of the answer` : how);
  }

  #fail(failure: string): void {
    this.#over ??= failure;
    this.#settle({ failure });
    this.#socket.destroy();
  }
}

const CHUNK_BYTES = 10_000;

function* chunksOf(body: Uint8Array): Generator<Uint8Array | string> {
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const piece = body.subarray(at, at + CHUNK_BYTES);
    yield `${piece.length.toString(16)}\r\n`;
    yield piece;
    yield "\r\n";
  }
  yield "0\r\n\r\n";
}
