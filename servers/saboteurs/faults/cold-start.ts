import { subscribe } from "node:diagnostics_channel";
import { entry } from "../entry.ts";
import { isReloaded } from "../reloaded.ts";

/* A worker that a reload brought says that it is ready, and then loads with its first request what it needs to answer. */
const LOADING_MS = 1_300;

if (entry === "prefork-worker" && isReloaded) {
  const load = (): void => {
    const until = performance.now() + LOADING_MS;
    while (performance.now() < until);
    cold = false;
  };
  let cold = true;
  subscribe("http.server.request.start", () => void (cold && load()));
}
