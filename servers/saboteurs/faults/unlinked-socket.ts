import { renameSync } from "node:fs";
import { entry } from "../entry.ts";

/* At a reload the master takes the socket's path away and puts it back a moment later, as unlinking and binding anew does. */
const AWAY_MS = 20;

if (entry === "prefork-master") {
  const socket = process.argv[process.argv.lastIndexOf("--listen") + 1] ?? "";
  process.on("SIGHUP", () => {
    renameSync(socket, `${socket}.old`);
    setTimeout(() => renameSync(`${socket}.old`, socket), AWAY_MS);
  });
}
