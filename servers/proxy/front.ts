import http, { STATUS_CODES, ServerResponse, type IncomingMessage } from "node:http";
import net, { type Socket } from "node:net";
import { unlink } from "node:fs/promises";
import { once } from "node:events";
import { ClientConnection } from "./client-connection.ts";
import type { Exchange, UpgradeRequest } from "./exchange.ts";
import type { ProxySettings } from "../stack-file/schema.ts";
import type { Address } from "../stack-file/address.ts";

/** What a front does with a request. */
export type Begin = (
  request: IncomingMessage,
  response: ServerResponse,
  connection: ClientConnection,
  upgrade?: UpgradeRequest,
) => Exchange;

/** One listening address with the connections that came in by it. */
export class Front {
  readonly connections = new Set<ClientConnection>();
  readonly #bySocket = new WeakMap<object, ClientConnection>();
  readonly #server: http.Server;
  readonly #begin: Begin;

  constructor(limits: ProxySettings, begin: Begin) {
    this.#begin = begin;
    this.#server = http.createServer({
      noDelay: true,
      // Checked by `readRequest`, so that the refusal is logged like any other answer.
      requireHostHeader: false,
      connectionsCheckingInterval: Math.max(50, Math.min(1_000, limits.headerTimeoutMs / 4)),
      shouldUpgradeCallback: (request) => this.#grantsUpgrade(request),
    });
    // A client that sends its request and then FIN still gets its answer.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    // Node drops what exceeds its count in silence; the size of the head bounds it as well.
    this.#server.maxHeadersCount = 0;
    // Silence is what bounds a body, not its duration: see BodyPump.
    this.#server.requestTimeout = 0;
    this.limit(limits);
    this.#server.on("connection", (socket: Socket) => this.#onConnection(socket));
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => this.#onRequest(request, response);
    this.#server.on("request", onRequest).on("checkContinue", onRequest);
    this.#server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket as Socket, head));
    this.#server.on("connect", (_request, socket) => this.#refuseConnect(socket as Socket));
    this.#server.on("clientError", (error, socket) => this.#onClientError(error, socket as Socket));
  }

  get address(): net.AddressInfo | string | null {
    return this.#server.address();
  }

  /** Rejects if the address can't be had. A socket file that nobody listens on is replaced. */
  async listen(address: Address, backlog: number): Promise<void> {
    try {
      await this.#bind(address, backlog);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || !("path" in address)) throw error;
      if (await someoneListens(address.path)) throw error;
      await unlink(address.path);
      await this.#bind(address, backlog);
    }
  }

  /** Limits for requests to come. */
  limit(limits: ProxySettings): void {
    this.#server.headersTimeout = limits.headerTimeoutMs;
    this.#server.keepAliveTimeout = limits.keepAliveTimeoutMs;
    // Read for each new connection; missing in the types, as it is meant as a creation option.
    Object.assign(this.#server, { maxHeaderSize: limits.maxHeaderBytes });
  }

  /**
   * Accepts no more. `http.Server.close` would also destroy idle connections, with requests on their way on them, so it is
   * the plain server's close that is called.
   */
  stopAccepting(): void {
    net.Server.prototype.close.call(this.#server);
  }

  async #bind(address: Address, backlog: number): Promise<void> {
    this.#server.listen({ ...address, backlog });
    await once(this.#server, "listening");
  }

  #onConnection(socket: Socket): void {
    const connection = new ClientConnection(socket);
    this.connections.add(connection);
    this.#bySocket.set(socket, connection);
    socket.once("close", () => this.connections.delete(connection));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connectionOf(request.socket);
    connection.take({ request, response, begin: () => this.#begin(request, response, connection) });
  }

  /** A connection with another request in work stays HTTP: the field is then ignored, as RFC 9110 section 7.8 allows. */
  #grantsUpgrade(request: IncomingMessage): boolean {
    const { headers } = request;
    const token = headers.upgrade?.toLowerCase() ?? "";
    return (
      request.method === "GET" &&
      request.httpVersionMinor >= 1 &&
      // HTTP/2 in a tunnel would get past all the rules for requests.
      /^[a-z0-9!#$%&'*+.^_`|~/-]+$/.test(token) &&
      !token.startsWith("h2") &&
      headers["content-length"] === undefined &&
      headers["transfer-encoding"] === undefined &&
      this.#connectionOf(request.socket).idle
    );
  }

  #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const connection = this.#connectionOf(socket);
    connection.becomesTunnel();
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    // Node no longer looks after this socket.
    socket.on("error", () => socket.destroy());
    socket.on("drain", () => response.emit("drain"));
    response.once("finish", () => socket.destroySoon());
    const upgrade = { protocol: request.headers.upgrade ?? "", socket, head };
    connection.take({ request, response, begin: () => this.#begin(request, response, connection, upgrade) });
  }

  #refuseConnect(socket: Socket): void {
    // Node no longer looks after this socket: without a listener, a client's reset would end the process.
    socket.on("error", () => socket.destroy());
    const reason = "no tunnels by CONNECT here";
    this.#connectionOf(socket).malformed(405, reason, message(405, reason));
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
    const connection = this.#bySocket.get(socket);
    // A client that never said a word is no error worth an answer.
    if (
      !connection ||
      error.code === "ECONNRESET" ||
      (error.code === "ERR_HTTP_REQUEST_TIMEOUT" && socket.bytesRead === 0)
    ) {
      socket.destroy();
      return;
    }
    const { status, reason } = complaintOf(error);
    connection.malformed(status, reason, message(status, reason));
  }

  #connectionOf(socket: Socket): ClientConnection {
    const connection = this.#bySocket.get(socket);
    if (!connection) throw new Error("a request came by a connection that is not known");
    return connection;
  }
}

function complaintOf(error: NodeJS.ErrnoException & { reason?: string }): { status: number; reason: string } {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT")
    return { status: 408, reason: "the head of the request did not come in time" };
  if (error.code === "HPE_HEADER_OVERFLOW") return { status: 431, reason: "expected a smaller head" };
  return { status: 400, reason: error.reason ?? error.message };
}

/** A whole answer, for connections that have no ServerResponse. */
function message(status: number, reason: string): string {
  const text = `${JSON.stringify({ status, error: STATUS_CODES[status] ?? "", reason })}\n`;
  const fields = `Date: ${new Date().toUTCString()}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${fields}\r\nConnection: close\r\n\r\n${text}`;
}

async function someoneListens(path: string): Promise<boolean> {
  const socket = net.connect({ path });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(1_000) });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Anything but a plain refusal, a full backlog say, may be somebody alive.
    return code !== "ECONNREFUSED" && code !== "ENOENT";
  } finally {
    socket.destroy();
  }
}
