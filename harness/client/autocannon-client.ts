import type { Socket } from "node:net";

/**
 * The private parts of autocannon 9's client that the adapter takes hold of. Read in its `lib/httpClient.js`: an end of
 * the connection silently opens the next and counts nothing, parse errors are ignored, an answer that comes twice
 * answers the next request, the only time limit is one per connection.
 */
export interface AutocannonClient {
  conn: Socket;
  destroyed: boolean;
  readonly reqsMade: number;
  readonly parser: AutocannonParser;
  readonly pipelinedRequests: { addByteCount(count: number): void; clear(): void };
  _connect(): void;
  _doRequest(): void;
  _destroyConnection(): void;
  getRequestBuffer(): Buffer;
  destroy(): void;
}

/** http-parser-js, whose callbacks are kept under numbers. */
interface AutocannonParser {
  readonly constructor: {
    readonly kOnHeadersComplete: number;
    readonly kOnBody: number;
    readonly kOnMessageComplete: number;
    readonly RESPONSE: string;
  };
  /** Bytes left of the body or chunk; null where the body runs to the end. */
  readonly body_bytes: number | null;
  /** Number of bytes taken, or the error. */
  execute(chunk: Buffer): number | Error;
  finish(): Error | undefined;
  initialize(type: string): void;
  [callback: number]: (...values: never[]) => unknown;
}

export interface ParsedHead {
  readonly statusCode: number;
  readonly headers: readonly string[];
  readonly shouldKeepAlive: boolean;
}

/** Throws if the installed autocannon is built otherwise: better no second opinion than a wrong one. */
export function asAutocannonClient(client: object): AutocannonClient {
  const methods = ["_connect", "_doRequest", "_destroyConnection", "getRequestBuffer", "destroy"];
  const missing = methods.filter((name) => typeof Reflect.get(client, name) !== "function");
  const parser: unknown = Reflect.get(client, "parser");
  if (typeof parser !== "object" || parser === null || !("execute" in parser)) missing.push("parser");
  if (missing.length > 0) {
    throw new Error(`autocannon: expected the client of version 9, which has ${missing.join(", ")}`);
  }
  return client as AutocannonClient;
}
