import { entry } from "../entry.ts";

/* A reload is acknowledged as soon as the signal is delivered: nobody waits for what comes of it. */
if (entry === "ctl" && process.argv.includes("reload")) process.argv.push("--wait", "0");
