import { Server, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** What a worker has in hand on one connection. */
export interface InHand {
  /** Begun and not finished, oldest first. */
  readonly exchanges: { readonly request: IncomingMessage; readonly response: ServerResponse }[];
  upgraded: boolean;
}

/** By connection, all that a worker has; for faults that break it. Filled from when this module is loaded. */
export const inHand = new Map<Socket, InHand>();

/** Calls it when the worker is asked to leave, before it begins to. */
export function onDrain(act: () => void): void {
  process.on("message", (message: { readonly kind?: string }) => {
    if (message.kind === "drain") act();
  });
}

/** Calls it for each request before the application gets it. */
export function onRequest(act: (request: IncomingMessage, response: ServerResponse) => void): void {
  watchers.push(act);
}

const watchers: ((request: IncomingMessage, response: ServerResponse) => void)[] = [];

const emit = Reflect.get(Server.prototype, "emit") as (this: Server, event: string, ...given: unknown[]) => boolean;
Server.prototype.emit = function (this: Server, event: string, ...given: unknown[]): boolean {
  if (event === "connection") meet(given[0] as Socket);
  else if (event === "request") begin(given[0] as IncomingMessage, given[1] as ServerResponse);
  else if (event === "upgrade") markUpgraded(given[0] as IncomingMessage);
  return emit.call(this, event, ...given);
};

function meet(socket: Socket): void {
  inHand.set(socket, { exchanges: [], upgraded: false });
  socket.once("close", () => inHand.delete(socket));
}

function begin(request: IncomingMessage, response: ServerResponse): void {
  const exchanges = inHand.get(request.socket)?.exchanges ?? [];
  const exchange = { request, response };
  exchanges.push(exchange);
  response.once("close", () => exchanges.splice(exchanges.indexOf(exchange), 1));
  for (const act of watchers) act(request, response);
}

function markUpgraded({ socket }: IncomingMessage): void {
  const connection = inHand.get(socket);
  if (connection) connection.upgraded = true;
}
