import { entry } from "../entry.ts";

/* Reopening the logs is done by replacing all workers. */
if (entry === "prefork-master") process.on("SIGUSR1", () => process.emit("SIGHUP", "SIGHUP"));
