import { connect, type Socket } from "node:net";
import type { Outcome } from "../spec/outcome.ts";
import { asAutocannonClient, type AutocannonClient, type ParsedHead } from "./autocannon-client.ts";
import type { ClientLimits, Clock, Endpoint } from "./load-options.ts";
import type { PendingRequest } from "./pending-request.ts";

/** What all lanes of one run share. */
export interface LaneOwner {
  readonly clock: Clock;
  readonly endpoint: Endpoint;
  readonly limits: ClientLimits;
  /** The next request, intended now; undefined when there is none left. */
  next(): PendingRequest | undefined;
  /** Number of the next connection. */
  opened(first: boolean): number;
  settled(request: PendingRequest): void;
  amended(request: PendingRequest): void;
  closedWithoutRequest(how: "announced" | "idle"): void;
}

/**
 * One of autocannon's clients, made to account for every request: autocannon keeps its own loop, request queue and
 * parser, and the lane owns the connection, gives each request an id and settles it in the classes of the ledger.
 */
export class AutocannonLane {
  readonly #client: AutocannonClient;
  readonly #owner: LaneOwner;
  readonly #doRequest: () => void;
  #request: PendingRequest | undefined;
  #last: PendingRequest | undefined;
  #completed: PendingRequest | undefined;
  #socket: Socket | undefined;
  #number = 0;
  #carried = 0;
  #connections = 0;
  #parsing = false;
  #midAnswer = false;
  #repeated = false;
  #keepAlive = true;
  #hungTimer: NodeJS.Timeout | undefined;
  #connectTimer: NodeJS.Timeout | undefined;

  constructor(client: object, owner: LaneOwner) {
    this.#client = asAutocannonClient(client);
    this.#owner = owner;
    this.#doRequest = this.#client._doRequest.bind(this.#client);
    this.#client._doRequest = () => this.#requestWanted();
    this.#client.getRequestBuffer = () => this.#bytesToSend();
    this.#client._destroyConnection = () => this.#drop();
    // The last thing that its constructor calls, when the parser's own callbacks are in place.
    this.#client._connect = () => {
      this.#watchParser();
      this.#requestWanted();
    };
  }

  /** Ends the lane at once; what is in flight, if anything, becomes `unsent`. */
  end(): void {
    this.#settle("unsent");
    this.#client.destroy();
  }

  #requestWanted(): void {
    // Within a read the rest of it is looked at first: the answer may come twice.
    if (this.#parsing || this.#client.destroyed) return;
    this.#request = this.#owner.next();
    // With nothing left to send the connection stays open till `end`: a second answer may still come.
    if (this.#request === undefined) return;
    if (this.#socket === undefined) this.#open();
    this.#request.connection = this.#number;
    this.#request.reused = this.#carried > 0;
    this.#hungTimer = setTimeout(() => this.#failed("hung"), this.#owner.limits.requestMs);
    this.#doRequest();
  }

  #bytesToSend(): Buffer {
    const request = this.#request;
    if (request === undefined) throw new Error("autocannon sends a request that it was not given");
    if (this.#socket?.connecting === false) request.sentMs = this.#owner.clock.now();
    const head = Buffer.from(request.head, "latin1");
    return request.body === undefined ? head : Buffer.concat([head, request.body]);
  }

  #open(): void {
    const { endpoint, limits, clock } = this.#owner;
    const socket =
      "socketPath" in endpoint
        ? connect({ path: endpoint.socketPath })
        : connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
    this.#socket = socket;
    this.#client.conn = socket;
    this.#number = this.#owner.opened(this.#connections === 0);
    this.#connections += 1;
    this.#carried = 0;
    this.#keepAlive = true;
    this.#connectTimer = setTimeout(() => this.#failed("connect-timeout"), limits.connectMs);
    socket.on("connect", () => {
      clearTimeout(this.#connectTimer);
      if (this.#request !== undefined) this.#request.sentMs = clock.now();
    });
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("end", () => this.#closed());
    socket.on("error", (error: NodeJS.ErrnoException) => this.#failed(lossOf(error)));
  }

  /** Leaves the connection and all that is known of it; its late events are not heard. */
  #drop(): void {
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#hungTimer);
    const socket = this.#socket;
    this.#socket = undefined;
    this.#midAnswer = false;
    this.#client.pipelinedRequests.clear();
    this.#client.parser.initialize(this.#client.parser.constructor.RESPONSE);
    if (socket === undefined) return;
    socket.removeAllListeners();
    // An error after the connection was left is nobody's loss, but unheard it would end the process.
    socket.on("error", () => socket.destroy());
    socket.destroy();
  }

  #watchParser(): void {
    const { parser } = this.#client;
    const { kOnHeadersComplete, kOnBody, kOnMessageComplete } = parser.constructor;
    this.#before(kOnHeadersComplete, (head: ParsedHead) => this.#head(head));
    this.#before(kOnBody, (bytes: Buffer, start: number, length: number) => {
      this.#request?.check.body(bytes, start, start + length);
      return this.#request !== undefined;
    });
    this.#before(kOnMessageComplete, () => this.#complete());
  }

  /** Has `watch` see a callback's arguments first; autocannon's own is called if `watch` says so. */
  #before(callback: number, watch: (...values: never[]) => boolean): void {
    const { parser } = this.#client;
    const own = parser[callback];
    if (own === undefined) throw new Error(`autocannon: expected a parser callback under ${callback}`);
    parser[callback] = (...values) => (watch(...values) ? own.apply(parser, values) : undefined);
  }

  #head(head: ParsedHead): boolean {
    if (this.#request === undefined) {
      this.#repeated = true;
      return false;
    }
    const headers = new Map<string, string>();
    for (let at = 0; at + 1 < head.headers.length; at += 2) {
      headers.set((head.headers[at] ?? "").toLowerCase(), head.headers[at + 1] ?? "");
    }
    const closeAnnounced = /\bclose\b/i.test(headers.get("connection") ?? "");
    // The parser's own word comes to nothing where an answer has a length.
    this.#keepAlive = head.shouldKeepAlive && !closeAnnounced;
    this.#request.answered({ status: head.statusCode, headers, closes: !this.#keepAlive, closeAnnounced });
    return true;
  }

  #complete(): boolean {
    if (this.#request === undefined) return false;
    this.#completed = this.#request;
    this.#request = undefined;
    this.#midAnswer = false;
    return true;
  }

  #read(chunk: Buffer): void {
    const now = this.#owner.clock.now();
    const unasked = this.#request === undefined;
    if (this.#request !== undefined) {
      if (!this.#midAnswer) this.#request.firstByteMs = now;
      this.#midAnswer = true;
    }
    this.#client.pipelinedRequests.addByteCount(chunk.length);
    const { parser } = this.#client;
    const taken = this.#parse(() => parser.execute(chunk));
    // http-parser-js takes a chunk size that is no number without a word.
    const broken = taken instanceof Error || Number.isNaN(parser.body_bytes);
    if (unasked) {
      this.#amendLast();
      this.#drop();
    } else if (this.#completed === undefined) {
      if (broken) this.#failed("wrong-answer");
    } else {
      this.#answered(broken || this.#repeated);
    }
  }

  #parse<T>(run: () => T): T {
    this.#parsing = true;
    this.#repeated = false;
    const result = run();
    this.#parsing = false;
    return result;
  }

  #answered(followed: boolean): void {
    const request = this.#completed;
    if (request === undefined) return;
    this.#completed = undefined;
    this.#carried += 1;
    this.#last = request;
    const outcome = followed ? "wrong-answer" : request.check.outcome();
    clearTimeout(this.#hungTimer);
    this.#end(request, outcome);
    if (!this.#keepAlive || outcome === "wrong-answer") {
      if (outcome !== "wrong-answer") this.#owner.closedWithoutRequest("announced");
      this.#drop();
    }
    this.#requestWanted();
  }

  #closed(): void {
    if (this.#midAnswer) this.#parse(() => this.#client.parser.finish());
    if (this.#completed !== undefined) this.#answered(false);
    else this.#failed("closed");
  }

  #failed(how: "closed" | "reset" | Outcome): void {
    if (this.#request === undefined) {
      this.#owner.closedWithoutRequest("idle");
      this.#drop();
      return;
    }
    const { reused } = this.#request;
    const early = how === "closed" || how === "reset";
    if (early && this.#midAnswer) this.#settle("truncated");
    else this.#settle(early ? `${how}-before-answer-${reused ? "reused" : "fresh"}` : how);
    this.#drop();
    this.#requestWanted();
  }

  #settle(outcome: Outcome): void {
    const request = this.#request;
    this.#request = undefined;
    if (request !== undefined) this.#end(request, outcome);
  }

  #end(request: PendingRequest, outcome: Outcome): void {
    request.outcome = outcome;
    request.doneMs = this.#owner.clock.now();
    this.#owner.settled(request);
  }

  #amendLast(): void {
    if (this.#last === undefined || this.#last.outcome === "wrong-answer") return;
    this.#last.outcome = "wrong-answer";
    this.#owner.amended(this.#last);
  }
}

/** The same classes as those of our own connections, told by code of its own. */
function lossOf(error: NodeJS.ErrnoException): "reset" | Outcome {
  const code = error.code ?? "";
  if (/^(ECONNREFUSED|E(HOST|NET)UNREACH|ENOTFOUND|ENOENT|EACCES|EAGAIN)$/.test(code)) return "refused";
  if (code === "ETIMEDOUT") return "connect-timeout";
  return /^(EADDRNOTAVAIL|E[MN]FILE|ENOBUFS)$/.test(code) ? "unsent" : "reset";
}
