import { existsSync, readFileSync } from "node:fs";
import { entry } from "../entry.ts";

/* Whoever has the number in the pid file is taken for the server, which then need not be started. */
if (entry === "prefork-master") {
  const file = process.argv[process.argv.indexOf("--pid") + 1] ?? "";
  const pid = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
  if (pid !== "" && existsSync(`/proc/${pid}`)) {
    process.stderr.write(`already running as ${pid}\n`);
    process.exit(1);
  }
}
