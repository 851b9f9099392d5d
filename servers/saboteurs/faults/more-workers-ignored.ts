import { entry } from "../entry.ts";

/* The signal for one worker more is taken and nothing is done about it. */
if (entry === "prefork-master") {
  const emit = process.emit.bind(process) as (...given: unknown[]) => boolean;
  process.emit = ((...given: unknown[]) => given[0] === "SIGTTIN" || emit(...given)) as typeof process.emit;
}
