import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** What a fault server does to a request that it has read whole. */
export const FAULTS = [
  "none",
  "refused",
  "fin",
  "rst",
  "truncate-length",
  "truncate-chunked",
  "stall",
  "duplicate",
  "wrong-id",
  "close-announced-kept",
  "keep-alive-broken",
  "length-short",
  "length-long",
  "bad-chunk-size",
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultServer extends AsyncDisposable {
  readonly endpoint: { readonly host: string; readonly port: number };
  /** Requests read so far. */
  readonly requests: number;
  /** Requests that met the fault so far; `refused` ones never come here and are not counted. */
  readonly planted: number;
}

/**
 * A server that speaks the probe contract and breaks it on every `every`-th request, counted over all connections.
 * `refused` is the exception: the listener closes before the `every`-th, and all from there on are refused.
 */
export async function startFaultServer(fault: Fault, every: number): Promise<FaultServer> {
  const state = { requests: 0, planted: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // Clients break connections here as a matter of course; what follows is `close`.
    socket.on("error", () => socket.destroy());
    serve(socket, (request) => {
      state.requests += 1;
      if (fault === "refused") {
        // Closed before the answer goes out, so that whoever has it finds no listener.
        if (server.listening && state.requests >= every - 1) server.close();
        answerWell(socket, { ...request, last: request.last || !server.listening });
      } else if (state.requests % every === 0) {
        if (fault !== "none") state.planted += 1;
        BEHAVIOURS[fault](socket, request);
      } else {
        answerWell(socket, request);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: { host: "127.0.0.1", port: (server.address() as AddressInfo).port },
    get requests() {
      return state.requests;
    },
    get planted() {
      return state.planted;
    },
    [Symbol.asyncDispose]: () => close(server, sockets),
  };
}

interface ReadRequest {
  readonly id: string;
  /** The connection ends after the answer, which says so. */
  readonly last: boolean;
}

function serve(socket: Socket, answer: (request: ReadRequest) => void): void {
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
      const head = text.slice(0, end);
      text = text.slice(end + 4);
      // What comes after our own end is lost to the client, and was never served.
      if (socket.writableEnded || socket.destroyed) return;
      const connection = /^connection: *(.*)$/im.exec(head)?.[1]?.toLowerCase();
      const old = / HTTP\/1\.0\r?$/m.test(head);
      answer({
        id: /^x-hupspec-id: *(.*)$/im.exec(head)?.[1] ?? "",
        last: old ? connection !== "keep-alive" : connection === "close",
      });
    }
  });
}

type Behaviour = (socket: Socket, request: ReadRequest) => void;

const BEHAVIOURS: Record<Exclude<Fault, "refused">, Behaviour> = {
  none: answerWell,
  fin: (socket) => void socket.end(),
  rst: (socket) => void socket.resetAndDestroy(),
  "truncate-length": (socket, request) => void socket.end(wellFormed(request).slice(0, -7)),
  "truncate-chunked": (socket, request) => void socket.end(chunked(request, "40")),
  stall: () => undefined,
  duplicate: (socket, request) => send(socket, request, wellFormed(request).repeat(2)),
  "wrong-id": (socket, request) => send(socket, request, wellFormed({ ...request, id: otherThan(request.id) })),
  "close-announced-kept": (socket, request) => void socket.write(wellFormed({ ...request, last: true })),
  "keep-alive-broken": (socket, request) => void socket.end(wellFormed({ ...request, last: false })),
  "length-short": (socket, request) => send(socket, request, withLength(request, -7)),
  "length-long": (socket, request) => void socket.write(withLength(request, 7)),
  "bad-chunk-size": (socket, request) => send(socket, request, chunked(request, "zz")),
};

/** Of the same length, so that only who looks at ids can tell; who sends none gets none. */
function otherThan(id: string): string {
  return id === "" ? "" : `${id.slice(0, -1)}~`;
}

function answerWell(socket: Socket, request: ReadRequest): void {
  send(socket, request, wellFormed(request));
}

function send(socket: Socket, request: ReadRequest, bytes: string): void {
  if (request.last) socket.end(bytes);
  else socket.write(bytes);
}

function wellFormed(request: ReadRequest): string {
  return withLength(request, 0);
}

function withLength(request: ReadRequest, extra: number): string {
  const body = bodyOf(request);
  return `${headOf(request)}Content-Length: ${body.length + extra}\r\n\r\n${body}`;
}

/** A chunk whose size line reads `size`, and nothing after it. */
function chunked(request: ReadRequest, size: string): string {
  return `${headOf(request)}Transfer-Encoding: chunked\r\n\r\n${size}\r\n${bodyOf(request).slice(0, 16)}`;
}

function headOf(request: ReadRequest): string {
  const connection = request.last ? "close" : "keep-alive";
  return (
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: ${connection}\r\n` +
    `x-hupspec-id: ${request.id}\r\nx-hupspec-generation: 1\r\nx-hupspec-worker: ${process.pid}\r\n`
  );
}

/** As long for every request of a client that sends no ids: ab takes the first length for the right one. */
function bodyOf(request: ReadRequest): string {
  return JSON.stringify({ app: "fault", generation: 1, worker: process.pid, id: request.id, setting: "blue" });
}

async function close(server: Server, sockets: Set<Socket>): Promise<void> {
  const closed = server.listening ? once(server, "close") : undefined;
  if (server.listening) server.close();
  const ends = Array.from(sockets, (socket) => (socket.destroyed ? undefined : once(socket, "close")));
  for (const socket of sockets) socket.destroy();
  await Promise.all([closed, ...ends]);
}
