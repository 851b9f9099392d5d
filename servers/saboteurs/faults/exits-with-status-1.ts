import { entry } from "../entry.ts";

/* A worker that has done all that it was asked to ends with the status of a failure. */
if (entry === "prefork-worker") {
  const exit = process.exit.bind(process);
  process.exit = (code) => exit(code === 0 ? 1 : code);
}
