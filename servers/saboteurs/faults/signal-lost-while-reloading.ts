import { entry } from "../entry.ts";

/* A flag says that a reload is under way, and a signal that comes meanwhile is thrown away. */
const RELOAD_MS = 400;

if (entry === "prefork-master") {
  const emit = process.emit.bind(process) as (...given: unknown[]) => boolean;
  let busyUntilMs = 0;
  process.emit = ((...given: unknown[]) => {
    if (given[0] !== "SIGHUP") return emit(...given);
    if (performance.now() < busyUntilMs) return true;
    busyUntilMs = performance.now() + RELOAD_MS;
    return emit(...given);
  }) as typeof process.emit;
}
