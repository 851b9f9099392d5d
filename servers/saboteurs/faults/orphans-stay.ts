import { entry } from "../entry.ts";

/* Workers do not notice that their master is gone. */
if (entry === "prefork-worker") {
  const once = process.once.bind(process) as (...given: unknown[]) => NodeJS.Process;
  process.once = ((...given: unknown[]) =>
    given[0] === "disconnect" ? process : once(...given)) as typeof process.once;
}
