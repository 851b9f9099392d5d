import { spawn } from "node:child_process";
import { entry } from "../entry.ts";

/* Each signal starts a trial boot of its own before the reload, however many are under way. */
const BOOT_SECONDS = "1";

if (entry === "prefork-master") {
  process.on("SIGHUP", () => spawn("sleep", [BOOT_SECONDS], { stdio: "ignore" }));
}
