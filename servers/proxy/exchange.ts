import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { AnswerRelay } from "./answer-relay.ts";
import { BodyPump } from "./body-pump.ts";
import { Deadline } from "./deadline.ts";
import { readRequest, type RequestFacts } from "./framing.ts";
import { expectsContinue, requestHead } from "./headers.ts";
import type { Route } from "./router.ts";
import type { ProxyConfig } from "./settings.ts";
import { openTunnel } from "./tunnel.ts";
import { connect } from "./upstream/connect.ts";
import type { AnswerSink, UpstreamConnection, UpstreamError } from "./upstream/connection.ts";
import type { Pool } from "./upstream/pool.ts";
import type { ResponseHead } from "./upstream/response-head.ts";

/** What an exchange needs of the proxy around it. */
export interface ExchangeContext {
  readonly config: ProxyConfig;
  pool(route: Route): Pool;
  /** The client's connection should end with this answer. */
  lastAnswer(): boolean;
}

/** The client's side of an Upgrade. */
export interface UpgradeRequest {
  readonly protocol: string;
  readonly socket: Socket;
  /** Bytes that came behind the request's head. */
  readonly head: Buffer;
}

/** RFC 9110 section 9.2.2. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/**
 * One request on its way to an upstream and back.
 *
 * It is tried again only if that can't run it twice to an effect: the connection could not be made, so nothing was
 * written (see `connect`); or the method is idempotent, there is no body, the connection was a pooled one and not a byte of
 * an answer came, which is how a close that crossed the request looks. Requests that may not be tried again always get a
 * fresh connection: no FIN of an idle one can cross them.
 */
export class Exchange implements AnswerSink {
  /** For the access log. */
  route: Route | undefined;
  retries = 0;
  readonly relay: AnswerRelay;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #context: ExchangeContext;
  readonly #upgrade: UpgradeRequest | undefined;
  readonly #deadline = new Deadline(() => this.#expire());
  #facts: RequestFacts | undefined;
  #connection: UpstreamConnection | undefined;
  #giveUpConnecting: (() => void) | undefined;
  #pump: BodyPump | undefined;
  #over = false;

  constructor(request: IncomingMessage, response: ServerResponse, context: ExchangeContext, upgrade?: UpgradeRequest) {
    this.#request = request;
    this.#response = response;
    this.#context = context;
    this.#upgrade = upgrade;
    const { upstreamTimeoutMs, sendTimeoutMs } = context.config.limits;
    this.relay = new AnswerRelay(request, response, {
      blocked: () => {
        this.#connection?.socket.pause();
        this.#deadline.set(sendTimeoutMs);
      },
      unblocked: () => {
        this.#connection?.socket.resume();
        this.#deadline.set(upstreamTimeoutMs);
      },
    });
  }

  run(): void {
    this.#response.on("close", () => this.#clientDone());
    const facts = readRequest(this.#request);
    if ("reason" in facts) {
      this.#refuse(facts.status, facts.reason);
      return;
    }
    this.#facts = facts;
    this.route = this.#context.config.router.route(facts.host);
    if (!this.route) {
      this.#refuse(421, "no site of that name is served here");
      return;
    }
    if (facts.body !== "none") this.#pump = this.#createPump(facts);
    this.#attempt(this.#replayable(facts));
  }

  /** The client sent something that is no HTTP in the middle of its body. */
  malformed(status: number, reason: string): void {
    if (!this.relay.ended) {
      this.#refuse(status, reason);
      return;
    }
    // The answer is given already, if not sent: it goes out before the end. A reset could overtake it.
    const { socket } = this.#request;
    if (this.#response.writableFinished) socket.destroySoon();
    else this.#response.once("finish", () => socket.destroySoon());
  }

  informational(head: ResponseHead): void {
    this.#deadline.set(this.#context.config.limits.upstreamTimeoutMs);
    if (this.#request.httpVersionMinor === 0) return;
    if (head.status !== 100) {
      this.relay.informational(head);
    } else if (expectsContinue(this.#request)) {
      this.#response.writeContinue();
      this.#pump?.continued();
    }
  }

  head(head: ResponseHead): void {
    this.relay.head(head, this.#context.lastAnswer());
  }

  data(chunk: Buffer): void {
    this.relay.data(chunk);
  }

  readDone(): void {
    if (this.relay.blocked) return;
    this.#deadline.set(this.#context.config.limits.upstreamTimeoutMs);
    this.relay.flush();
  }

  end(trailers: readonly string[]): void {
    const bodySent = this.#pump?.done ?? true;
    this.#leaveUpstream(bodySent);
    this.relay.end(trailers);
    // From here on only the client can hold it up.
    this.#deadline.set(this.#context.config.limits.sendTimeoutMs);
  }

  drain(): void {
    this.#pump?.drain();
  }

  upgraded(head: ResponseHead, rest: Buffer): void {
    const upstream = this.#connection;
    if (!this.#upgrade || !upstream) throw new Error("an upgrade came that nobody asked for");
    this.#over = true;
    this.#deadline.clear();
    this.#connection = undefined;
    this.relay.status = 101;
    this.#response.detachSocket(this.#upgrade.socket);
    const ends = { client: this.#upgrade, upstream: upstream.socket, rest };
    openTunnel(head, ends, this.#context.config.limits, () => this.#response.destroy());
  }

  failed(error: UpstreamError): void {
    this.#connection = undefined;
    if (this.#over) return;
    if (this.relay.started) {
      this.#pump?.discard();
      this.relay.cut();
    } else if (
      error.kind === "closed" &&
      error.reused &&
      !error.answerStarted &&
      this.#facts &&
      this.#replayable(this.#facts)
    ) {
      this.retries++;
      this.#attempt(false);
    } else {
      this.#answer(error.kind === "connect-timeout" ? 504 : 502, error.message);
    }
  }

  #attempt(pooled: boolean): void {
    const route = this.route;
    if (!route) throw new Error("a request without a route can't be sent");
    const idle = pooled ? this.#context.pool(route).take() : undefined;
    if (idle) {
      this.#send(idle);
      return;
    }
    this.#giveUpConnecting = connect(route.address, this.#context.config.limits, (error, connection) => {
      this.#giveUpConnecting = undefined;
      if (connection) this.#send(connection);
      else if (error) this.failed(error);
    });
  }

  #send(connection: UpstreamConnection): void {
    const facts = this.#facts;
    if (!facts) throw new Error("a request that was not read can't be sent");
    this.#connection = connection;
    const forwarding = {
      clientAddress: this.#request.socket.remoteAddress ?? "unix:",
      upgrade: this.#upgrade?.protocol,
    };
    this.#deadline.set(this.#context.config.limits.upstreamTimeoutMs);
    const head = requestHead(this.#request, facts, forwarding);
    connection.send(this.#request.method ?? "GET", head, this, this.#upgrade !== undefined);
    this.#pump?.start(connection);
  }

  #createPump(facts: RequestFacts): BodyPump {
    const { bodyTimeoutMs, upstreamTimeoutMs } = this.#context.config.limits;
    return new BodyPump(this.#request, {
      chunked: facts.body === "chunked",
      bodyTimeoutMs,
      awaitsContinue: expectsContinue(this.#request),
      timedOut: () => this.#refuse(408, "the client sent no more of its body"),
      progress: () => {
        if (!this.relay.blocked) this.#deadline.set(upstreamTimeoutMs);
      },
    });
  }

  #replayable(facts: RequestFacts): boolean {
    return facts.body === "none" && this.#upgrade === undefined && IDEMPOTENT.has(this.#request.method ?? "");
  }

  /** The limit that runs at that moment: on the client while it has unread bytes, else on the upstream. */
  #expire(): void {
    if (this.relay.blocked || this.relay.ended) {
      this.relay.cut();
    } else if (this.#pump?.waitsForClient) {
      // The silence is the client's, which has a limit of its own.
      this.#deadline.set(this.#context.config.limits.upstreamTimeoutMs);
    } else if (this.relay.started) {
      this.relay.cut();
    } else {
      this.#answer(504, "the upstream did not answer in time");
    }
  }

  /** Refused for the client's own fault: its connection can't be trusted any more. */
  #refuse(status: number, reason: string): void {
    this.#response.shouldKeepAlive = false;
    this.#answer(status, reason);
  }

  /** An answer of the proxy itself. */
  #answer(status: number, reason: string): void {
    this.#giveUpConnecting?.();
    this.#leaveUpstream(false);
    if (this.relay.started) {
      this.relay.cut();
      return;
    }
    this.relay.own(status, reason, this.#context.lastAnswer());
    this.#deadline.set(this.#context.config.limits.sendTimeoutMs);
  }

  /** Gives the connection back if the exchange on it is complete in both directions. */
  #leaveUpstream(complete: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#pump?.discard();
    if (!connection || !this.route) return;
    if (complete) this.#context.pool(this.route).give(connection);
    else connection.destroy();
  }

  /** The answer was handed to the system, or the client is gone. */
  #clientDone(): void {
    this.#deadline.clear();
    if (this.#over) return;
    this.#over = true;
    this.#giveUpConnecting?.();
    if (this.#connection) {
      this.#connection.destroy();
      this.#connection = undefined;
      this.#pump?.stop();
    }
  }
}
