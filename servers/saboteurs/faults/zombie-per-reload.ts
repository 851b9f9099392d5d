import { spawn } from "node:child_process";
import { entry } from "../entry.ts";

/* A hook runs at every reload, in a program that never waits for what it has started. */
if (entry === "prefork-master") {
  process.on("SIGHUP", () => spawn("sh", ["-c", "true & exec sleep 600"], { stdio: "ignore" }));
}
