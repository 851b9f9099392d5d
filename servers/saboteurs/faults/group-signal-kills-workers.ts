import { entry } from "../entry.ts";

/* Workers leave the default action of HUP in place. */
if (entry === "prefork-worker") {
  const on = process.on.bind(process) as (...given: unknown[]) => NodeJS.Process;
  process.on = ((...given: unknown[]) => (given[0] === "SIGHUP" ? process : on(...given))) as typeof process.on;
}
