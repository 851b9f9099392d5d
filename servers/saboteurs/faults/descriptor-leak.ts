import { openSync } from "node:fs";
import { entry } from "../entry.ts";

/* The master opens its configuration anew at each reload and never closes it. */
if (entry === "prefork-master") process.on("SIGHUP", () => void openSync("/proc/self/cmdline", "r"));
