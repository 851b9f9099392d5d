import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { entry } from "../entry.ts";

/* A worker that is asked to leave ends the connections that have not sent anything yet: nothing is in flight on them. */
if (entry === "prefork-worker") {
  const sockets = new Set<Socket>();
  subscribe("net.server.socket", (message) => {
    const { socket } = message as { readonly socket: Socket };
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  process.on("message", (message: { readonly kind?: string }) => {
    if (message.kind !== "drain") return;
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  });
}
