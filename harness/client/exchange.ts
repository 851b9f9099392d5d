import type { LedgerRow } from "../spec/history.ts";
import { Connection } from "./connection.ts";
import {
  checkLoadOptions,
  type ClientLimits,
  type Clock,
  type Endpoint,
  type Expectation,
  limitsOf,
  type RequestShape,
} from "./load-options.ts";
import { PendingRequest, RequestTemplate } from "./pending-request.ts";

export interface ExchangeOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  readonly id: string;
  readonly request: RequestShape;
  readonly expect: Expectation;
  readonly limits?: Partial<ClientLimits>;
  /** Called when the first byte of an answer, an interim one included, has come. */
  readonly onFirstByte?: () => void;
  /** Reads no more than the first bytes of the answer until this resolves. */
  readonly readOnAfter?: Promise<void>;
  /** Ends the exchange at once, as `unsent`. */
  readonly signal?: AbortSignal;
}

export interface ExchangeResult {
  readonly row: LedgerRow;
  /** The first 64 KiB of the answer's body. */
  readonly body: Buffer;
}

/** One request on a connection of its own. A target's misbehaviour is the row's outcome; wrong options throw. */
export function exchange(options: ExchangeOptions): Promise<ExchangeResult> {
  checkLoadOptions({ ...options, name: "exchange", door: "front", idPrefix: options.id, connections: "fresh" });
  const { clock, endpoint, signal, readOnAfter } = options;
  const limits = limitsOf(options);
  const template = new RequestTemplate(endpoint, options.request, options.expect, true);
  const request = new PendingRequest(0, options.id, clock.now(), template);
  request.check.keepBody();
  const { promise, resolve } = Promise.withResolvers<ExchangeResult>();
  const timers: NodeJS.Timeout[] = [];
  const abort = (): void => connection.abandon("unsent");
  const connection = new Connection(0, endpoint, {
    clock,
    settled: () => undefined,
    begun: () => {
      options.onFirstByte?.();
      if (!readOnAfter) return;
      connection.pause();
      void readOnAfter.then(() => connection.resume());
    },
    amended: () => undefined,
    ready: (idle) => idle.retire(),
    retired: () => undefined,
    ended: () => {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      const row = { ...request.toRow(), id: request.id, intendedMs: request.intendedMs };
      resolve({ row, body: request.check.keptBody() });
    },
  });
  // Where this process was held up, timers that are due come before what is there to be read: an immediate comes after both.
  const deadline = (act: () => void, ms: number): NodeJS.Timeout => setTimeout(() => setImmediate(act), ms);
  timers.push(
    deadline(() => !connection.over && connection.connectTimedOut(), limits.connectMs),
    deadline(() => connection.expire(request), limits.requestMs),
  );
  signal?.addEventListener("abort", abort, { once: true });
  connection.send(request);
  if (signal?.aborted === true) abort();
  return promise;
}
