import { channel } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import net from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

/** Applications subscribe to say goodbye on what is still open (a WebSocket close code, a last event). */
const DEADLINE_CHANNEL = "prefork:deadline";
const GOODBYE_MS = 250;

/** After its last answer a connection is read on for so long: closing with bytes unread would reset it and could take the answer along. */
const LINGER_MS = 1000;

/** Connections closed when a drain's time was up. */
export interface Cut {
  readonly idle: number;
  readonly busy: number;
}

interface Connection {
  /** Answers not yet finished, in the order of their requests. */
  readonly open: Set<ServerResponse>;
  newest: ServerResponse | undefined;
  /** An answer said that it is the last. */
  closing: boolean;
  /** Not HTTP any more. */
  upgraded: boolean;
}

/**
 * An HTTP server that can be left without losing a request: it stops accepting, answers what comes on the connections it
 * has, and says `Connection: close` with the last answer of each. Idle connections are not closed, for a request may be
 * on its way on any of them (`http.Server.close()` does close them); they are cut when the time is up.
 */
export class DrainableServer {
  readonly #server: Server;
  readonly #connections = new Map<net.Socket, Connection>();
  /** By place, what it accepts from besides its own socket; and the ends of all such, connections included. */
  readonly #doors = new Map<number, net.Server>();
  readonly #closes = new Set<Promise<void>>();
  #draining = false;

  /** `onRequest` is called before each request is handed to the application. */
  constructor(server: Server, onRequest: () => void) {
    this.#server = server;
    server.on("connection", (socket: net.Socket) => {
      this.#connections.set(socket, { open: new Set(), newest: undefined, closing: false, upgraded: false });
      socket.once("close", () => this.#connections.delete(socket));
    });
    if (server.listenerCount("upgrade") > 0) {
      server.prependListener("upgrade", (request: IncomingMessage) => {
        const connection = this.#connections.get(request.socket);
        if (connection) connection.upgraded = true;
      });
    }
    const handlers = server.listeners("request");
    server.removeAllListeners("request");
    server.on("request", (request, response) => {
      onRequest();
      this.#accept(request, response, () => {
        for (const handler of handlers) Reflect.apply(handler, server, [request, response]);
      });
    });
  }

  listen(fd: number, backlog: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ fd }, backlog, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  /** Accepts from another worker's socket too, until that worker is there. Ignored once it drains. */
  standIn(place: number, socket: net.Server, backlog: number): void {
    // As an HTTP server accepts: half-open, and without delay.
    const door = net.createServer({ allowHalfOpen: true, noDelay: true });
    door.on("connection", (connection) => this.#server.emit("connection", connection));
    const closed = new Promise<void>((resolve) => door.once("close", resolve));
    this.#closes.add(closed);
    void closed.then(() => this.#closes.delete(closed));
    door.listen(socket, backlog);
    if (this.#draining) door.close();
    else this.#doors.set(place, door);
  }

  /** Leaves the socket to its own worker again; its queue stays, for others hold it open. */
  standBack(place: number): void {
    this.#doors.get(place)?.close();
    this.#doors.delete(place);
  }

  /**
   * Resolves when no connection is left; with what had to be cut, if that took longer than `timeoutMs`. `onClosed` is
   * called as soon as nothing more is accepted.
   */
  async drain(timeoutMs: number, onClosed: () => void): Promise<Cut | undefined> {
    if (!this.#server.listening) return undefined;
    this.#draining = true;
    for (const connection of this.#connections.values()) {
      for (const response of connection.open) if (!response.headersSent) announceClose(response, connection);
    }
    const own = new Promise<void>((resolve) => this.#server.once("close", resolve));
    const closed = Promise.all([own, ...this.#closes]).then(() => undefined);
    // One turn of the loop more takes in what waits in the kernel's queue, in case no other worker is there to do it.
    await nextTurn();
    net.Server.prototype.close.call(this.#server);
    for (const door of this.#doors.values()) door.close();
    onClosed();
    if (await isSettledWithin(closed, timeoutMs)) return undefined;
    const busy = [...this.#connections.values()].filter(({ open, upgraded }) => open.size > 0 || upgraded).length;
    const cut = { busy, idle: this.#connections.size - busy };
    channel(DEADLINE_CHANNEL).publish({});
    await isSettledWithin(closed, GOODBYE_MS);
    for (const socket of this.#connections.keys()) socket.destroy();
    await closed;
    return cut;
  }

  #accept(request: IncomingMessage, response: ServerResponse, handle: () => void): void {
    const connection = this.#connections.get(request.socket);
    if (!connection) return handle();
    if (connection.closing) {
      // Came after the last answer was announced: not run, so that the client may safely send it again.
      request.resume();
      return;
    }
    connection.open.add(response);
    connection.newest = response;
    response.once("close", () => connection.open.delete(response));
    if (!this.#draining) return handle();
    announceClose(response, connection);
    // Requests that came in the same packet are parsed first: then it is known which answer is the last.
    setImmediate(handle);
  }
}

/** Makes the response say that it is the last of its connection, unless another request has come in behind it by then. */
function announceClose(response: ServerResponse, connection: Connection): void {
  const writeHead = response.writeHead.bind(response) as (...given: unknown[]) => ServerResponse;
  response.writeHead = (...given: unknown[]): ServerResponse => {
    if (connection.newest !== response || !response.socket) return writeHead(...given);
    connection.closing = true;
    response.setHeader("connection", "close");
    linger(response.socket);
    return writeHead(...given.map(withoutConnection));
  };
}

/** Of what `writeHead` is given: fields as an object or as a list override those set before, so theirs must not come. */
function withoutConnection(given: unknown): unknown {
  if (typeof given !== "object" || given === null) return given;
  const isOurs = (name: unknown): boolean => String(name).toLowerCase() === "connection";
  if (!Array.isArray(given)) return Object.fromEntries(Object.entries(given).filter(([name]) => !isOurs(name)));
  return given.filter((_, index) => !isOurs(given[index - (index % 2)]));
}

/** Node closes the socket by `destroySoon` after the last answer; here it waits for the client to close as well. */
function linger(socket: net.Socket): void {
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once("end", () => socket.destroy());
    socket.once("close", () => clearTimeout(timer));
  };
}

async function isSettledWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const expired = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([promise.then(() => true), expired]);
  } finally {
    timer.abort();
  }
}
