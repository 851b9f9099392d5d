import { entry } from "../entry.ts";

/* The handler of HUP is installed when all else is done; until then the default action kills. */
const BOOT_MS = 400;

if (entry === "prefork-master") {
  const on = process.on.bind(process) as (...given: unknown[]) => NodeJS.Process;
  process.on = ((...given: unknown[]) => {
    if (given[0] !== "SIGHUP") return on(...given);
    setTimeout(() => on(...given), BOOT_MS).unref();
    return process;
  }) as typeof process.on;
}
