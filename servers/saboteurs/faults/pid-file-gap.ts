import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { entry } from "../entry.ts";

const GAP_MS = 30;

/* On a reload the pid file is removed, and written again once the new configuration is in force. */
if (entry === "prefork-master") {
  const file = process.argv[process.argv.indexOf("--pid") + 1] ?? "";
  process.on("SIGHUP", () => {
    const text = readFileSync(file);
    rmSync(file);
    setTimeout(() => writeFileSync(file, text), GAP_MS);
  });
}
