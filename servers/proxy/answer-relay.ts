import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { formatFields, responseHeaders, trailerPairs } from "./headers.ts";
import type { ResponseHead } from "./upstream/response-head.ts";

export interface RelayEvents {
  /** The client does not read as fast as the upstream sends. */
  blocked(): void;
  unblocked(): void;
}

/** A body up to this size that came whole with its head goes out in one write with it. */
const SMALL_BODY_BYTES = 64 * 1024;

/** Writes the answer to the client: the upstream's, or one of the proxy itself. */
export class AnswerRelay {
  /** For the access log; 0 while there is none. */
  status = 0;
  /** Of the body. */
  bytes = 0;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #events: RelayEvents;
  #head: ResponseHead | undefined;
  /** The whole body, held back until the end of the answer, which follows in the same read. */
  #small: Buffer | undefined;
  #blocked = false;
  #ended = false;

  constructor(request: IncomingMessage, response: ServerResponse, events: RelayEvents) {
    this.#request = request;
    this.#response = response;
    this.#events = events;
    response.on("drain", () => {
      if (!this.#blocked) return;
      this.#blocked = false;
      if (!this.#ended) this.#events.unblocked();
    });
  }

  /** A final status was chosen: no other answer can be given. */
  get started(): boolean {
    return this.#head !== undefined || this.#ended;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** A 1xx answer but 100. Requests of one connection are worked on one by one, so the socket is this answer's alone. */
  informational(head: ResponseHead): void {
    const reason = STATUS_CODES[head.status] ?? "";
    const fields = formatFields(responseHeaders(head, false));
    this.#response.socket?.write(`HTTP/1.1 ${head.status} ${reason}\r\n${fields}\r\n`, "latin1");
  }

  head(head: ResponseHead, lastAnswer: boolean): void {
    this.#head = head;
    this.status = head.status;
    const { kind } = head.framing;
    if (lastAnswer) this.#response.shouldKeepAlive = false;
    const chunked = (kind === "chunked" || kind === "until-close") && this.#request.httpVersionMinor >= 1;
    this.#response.writeHead(head.status, head.reason, responseHeaders(head, chunked));
  }

  data(chunk: Buffer): void {
    this.bytes += chunk.length;
    const framing = this.#head?.framing;
    const whole = framing?.kind === "length" && framing.bytes === chunk.length && chunk.length <= SMALL_BODY_BYTES;
    if (whole) this.#small = chunk;
    else if (!this.#response.write(chunk) && !this.#blocked) this.#block();
  }

  /** Sends what is there: the next bytes may be long in coming. */
  flush(): void {
    if (this.#head && !this.#ended) this.#response.flushHeaders();
  }

  end(trailers: readonly string[]): void {
    this.#ended = true;
    if (trailers.length > 0) this.#response.addTrailers(trailerPairs(trailers));
    // As text of one byte a character, head and body are one string and one write.
    if (this.#small) this.#response.end(this.#small.toString("latin1"), "latin1");
    else this.#response.end();
  }

  /** An answer of the proxy itself. */
  own(status: number, reason: string, lastAnswer: boolean): void {
    this.#ended = true;
    this.status = status;
    const text = `${JSON.stringify({ status, error: STATUS_CODES[status] ?? "", reason })}\n`;
    this.bytes = Buffer.byteLength(text);
    if (lastAnswer) this.#response.shouldKeepAlive = false;
    const fields = ["Content-Type", "application/json", "Content-Length", String(this.bytes)];
    this.#response.writeHead(status, fields);
    this.#response.end(text);
  }

  /** Ends the client's connection in such a way that a part can't be taken for the whole. */
  cut(): void {
    this.#ended = true;
    const { socket } = this.#request;
    // A body that lasts until the connection ends would look complete after a FIN.
    if (this.#response.chunkedEncoding || this.#head?.framing.kind === "length") socket.destroy();
    else socket.resetAndDestroy();
  }

  #block(): void {
    this.#blocked = true;
    this.#events.blocked();
  }
}
