import { entry } from "../entry.ts";

/* The master keeps, for a history that nobody reads, what it knew of the workers of each reload. */
const HISTORY_BYTES = 1024 * 1024;

if (entry === "prefork-master") {
  const history: Buffer[] = [];
  process.on("SIGHUP", () => void history.push(Buffer.alloc(HISTORY_BYTES, history.length + 1)));
}
