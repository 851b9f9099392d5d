import type { Outcome } from "../spec/outcome.ts";
import { AnswerCheck } from "./answer-check.ts";
import type { SettledExchange } from "./ledger.ts";
import { checkPath, type Endpoint, type Expectation, type RequestShape } from "./load-options.ts";
import type { ResponseHead } from "./response-reader.ts";

/** One intended request on its way to exactly one outcome. */
export class PendingRequest {
  readonly index: number;
  readonly id: string;
  readonly method: "GET" | "POST";
  readonly intendedMs: number;
  readonly head: string;
  readonly body: Uint8Array | undefined;
  readonly halves: RequestShape["halves"];
  readonly check: AnswerCheck;
  connection = 0;
  reused = false;
  sentMs = Number.NaN;
  firstByteMs = Number.NaN;
  doneMs = Number.NaN;
  status = 0;
  generation = 0;
  worker = 0;
  closeAnnounced = false;
  /** The beginning of what came, where that was not a good answer; empty if nothing did. */
  received = "";
  /** Undefined until it has ended. */
  outcome: Outcome | undefined;

  constructor(index: number, id: string, intendedMs: number, template: RequestTemplate) {
    const path = template.pathOf(index);
    this.index = index;
    this.id = id;
    this.intendedMs = intendedMs;
    this.method = template.method;
    this.body = template.body;
    this.halves = template.halves;
    this.head = template.head(path, id);
    this.check = new AnswerCheck(template.expect, path, id, template.body);
  }

  get over(): boolean {
    return this.outcome !== undefined;
  }

  answered(head: ResponseHead): void {
    this.status = head.status;
    this.closeAnnounced = head.closeAnnounced;
    this.generation = this.check.generationOf(head);
    this.worker = this.check.workerOf(head);
    this.check.head(head);
  }

  toRow(): SettledExchange {
    if (this.outcome === undefined) throw new Error(`request ${this.id} has not ended`);
    const { method, connection, reused, sentMs, firstByteMs, doneMs, status, generation, worker } = this;
    const { outcome, closeAnnounced, received } = this;
    return {
      method,
      connection,
      reused,
      sentMs,
      firstByteMs,
      doneMs,
      outcome,
      status,
      generation,
      worker,
      closeAnnounced,
      ...(received !== "" && { received }),
    };
  }
}

/** What the requests of one load have in common, put into bytes once. */
export class RequestTemplate {
  readonly method: "GET" | "POST";
  readonly body: Uint8Array | undefined;
  readonly halves: RequestShape["halves"];
  readonly expect: Expectation;
  readonly #path: RequestShape["path"];
  readonly #afterId: string;
  readonly #afterPath: string;

  constructor(endpoint: Endpoint, request: RequestShape, expect: Expectation, closes: boolean) {
    this.method = request.method ?? "GET";
    this.body = request.body;
    this.halves = request.halves;
    this.expect = expect;
    this.#path = request.path;
    this.#afterPath = ` HTTP/1.1\r\nHost: ${hostOf(endpoint)}\r\nx-hupspec-id: `;
    const length = request.body === undefined ? "" : `\r\nContent-Length: ${request.body.length}`;
    const expects = request.halves === undefined ? "" : "\r\nExpect: 100-continue";
    this.#afterId = `${length}${expects}${closes ? "\r\nConnection: close" : ""}\r\n\r\n`;
  }

  pathOf(index: number): string {
    if (typeof this.#path === "string") return this.#path;
    const path = this.#path(index);
    checkPath(path);
    return path;
  }

  head(path: string, id: string): string {
    return `${this.method} ${path}${this.#afterPath}${id}${this.#afterId}`;
  }
}

function hostOf(endpoint: Endpoint): string {
  if (endpoint.hostHeader !== undefined) return endpoint.hostHeader;
  if ("socketPath" in endpoint) return "localhost";
  return endpoint.host.includes(":") ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`;
}
