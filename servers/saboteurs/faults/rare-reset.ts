import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { entry } from "../entry.ts";
import { isReloaded } from "../reloaded.ts";

/* A worker that a reload has just brought resets one request in 300: what it needs to answer is not all there yet. */
const YOUNG_MS = 1_000;

if (entry === "prefork-worker" && isReloaded) {
  subscribe("http.server.request.start", (message) => {
    const { socket } = message as { readonly socket: Socket };
    if (performance.now() < YOUNG_MS && Math.random() < 1 / 300) socket.resetAndDestroy();
  });
}
