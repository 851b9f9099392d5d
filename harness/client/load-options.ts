import type { Door, LoadRecord } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";

/** Monotonic milliseconds, fractions allowed. */
export interface Clock {
  now(): number;
}

/** Where a target listens; `hostHeader` defaults to `host:port`, or `localhost` on a unix socket. */
export type Endpoint =
  | { readonly host: string; readonly port: number; readonly hostHeader?: string }
  | { readonly socketPath: string; readonly hostHeader?: string };

export interface RequestShape {
  readonly method?: "GET" | "POST";
  /** Path with query, or a function of the request's index within its load. */
  readonly path: string | ((index: number) => string);
  readonly body?: Uint8Array;
  /** Sends so much of the body at first, with `Expect: 100-continue`, and the rest once `rest` resolves. */
  readonly halves?: { readonly firstBytes: number; readonly rest: Promise<void> };
}

/**
 * What makes a complete answer right. `contract` is version 1 of the probe contract: 2xx, the request's own id in
 * `x-hupspec-id` and in JSON, content as the route promises. The object is for services that are seen from outside.
 */
export type Expectation =
  | "contract"
  | {
      readonly status: number;
      readonly generationHeader?: string;
      /** The generation that the text of that header stands for; the number that it begins with unless told. */
      readonly numberOf?: (text: string) => number;
    };

export interface ClientLimits {
  /** From opening a connection to `connect-timeout`. */
  readonly connectMs: number;
  /** From the intended time to `hung`. */
  readonly requestMs: number;
}

export interface LoadOptions {
  readonly name: string;
  readonly door: Door;
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Ids are this prefix and the request's index; unique within the run if the prefix is. */
  readonly idPrefix: string;
  readonly connections: "fresh" | "kept-alive";
  /** Number of kept-alive sessions; a closed loop takes its concurrency instead. */
  readonly sessions?: number;
  /** Requests in flight on one kept-alive connection, 1 unless told. */
  readonly pipelining?: number;
  readonly request: RequestShape;
  readonly expect: Expectation;
  readonly limits?: Partial<ClientLimits>;
  /** Hears of every answer that names the process it came from. */
  readonly onAnswer?: (worker: number, generation: number) => void;
  /** Ends the load at once; what was in flight becomes `unsent`. */
  readonly signal?: AbortSignal;
}

export interface OpenLoopOptions extends LoadOptions {
  readonly ratePerSecond: number;
}

export interface ClosedLoopOptions extends LoadOptions {
  readonly requests: number;
  readonly concurrency: number;
}

/** A load that runs. */
export interface Driver {
  /** Resolves once `count` requests have ended, or the load has. */
  reached(count: number): Promise<void>;
  /** Resolves once `count` more requests have ended, or the load has. */
  further(count: number): Promise<void>;
  /** Nothing is intended from now on; resolves when what is in flight has ended, which its deadline bounds. */
  stop(): Promise<LoadRecord>;
  /** Resolves when the load has ended, by itself, by `stop` or by its signal. */
  readonly finished: Promise<LoadRecord>;
}

const HEADER_SAFE = /^[\x21-\x7e]+$/;

/** Throws a `TypeError` that names the option; a mistake here is ours, not the target's. */
export function checkLoadOptions(options: LoadOptions): void {
  const { endpoint, request, pipelining = 1, sessions = 1 } = options;
  if ("port" in endpoint) positiveInteger("endpoint.port", endpoint.port);
  if (!HEADER_SAFE.test(options.idPrefix)) throw new TypeError("idPrefix: expected visible ASCII without spaces");
  if (endpoint.hostHeader !== undefined && !HEADER_SAFE.test(endpoint.hostHeader)) {
    throw new TypeError("endpoint.hostHeader: expected visible ASCII without spaces");
  }
  if (typeof request.path === "string") checkPath(request.path);
  positiveInteger("sessions", sessions);
  positiveInteger("pipelining", pipelining);
  if (options.connections === "fresh" && pipelining !== 1) {
    throw new TypeError("pipelining: fresh connections carry one request each");
  }
  const { connectMs, requestMs } = limitsOf(options);
  if (!(connectMs > 0)) throw new TypeError("limits.connectMs: expected more than 0");
  if (!(requestMs > 0)) throw new TypeError("limits.requestMs: expected more than 0");
}

export function checkPath(path: string): void {
  if (!path.startsWith("/") || !HEADER_SAFE.test(path)) {
    throw new TypeError(`request.path: expected an absolute path of visible ASCII, got ${JSON.stringify(path)}`);
  }
}

export function positiveInteger(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new TypeError(`${name}: expected an integer from 1 on, got ${value}`);
}

export function limitsOf(options: { readonly limits?: Partial<ClientLimits> }): ClientLimits {
  return { connectMs: LIMITS.connectMs, requestMs: LIMITS.requestMs, ...options.limits };
}
