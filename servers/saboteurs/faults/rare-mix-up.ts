import { subscribe } from "node:diagnostics_channel";
import type { IncomingHttpHeaders } from "node:http";
import { entry } from "../entry.ts";
import { isReloaded } from "../reloaded.ts";

/* A worker that a reload has just brought takes one request in 300 for the one before. */
const YOUNG_MS = 1_000;

if (entry === "prefork-worker" && isReloaded) {
  let before: string | string[] | undefined = "nobody";
  subscribe("http.server.request.start", (message) => {
    const { headers } = (message as { readonly request: { readonly headers: IncomingHttpHeaders } }).request;
    const own = headers["x-hupspec-id"];
    if (performance.now() < YOUNG_MS && Math.random() < 1 / 300) headers["x-hupspec-id"] = before;
    before = own;
  });
}
