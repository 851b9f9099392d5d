import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/** Between two lines, in which the others go on writing. */
const LINE_MS = 10;

/* All workers share the master's standard error, and what went wrong is written to it line by line, as Python does. */
if (entry === "prefork-master") {
  const { spawn } = childProcess;
  childProcess.spawn = ((file: string, args: readonly string[], options: childProcess.SpawnOptions) => {
    const stdio = Array.isArray(options.stdio) ? options.stdio.with(2, 2) : options.stdio;
    return spawn(file, args, stdio === undefined ? options : { ...options, stdio });
  }) as typeof childProcess.spawn;
  syncBuiltinESMExports();
}
if (entry === "prefork-worker") {
  process.on("uncaughtException", (error) => {
    for (const line of (error.stack ?? error.message).split("\n")) {
      fs.writeSync(2, `${line}\n`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LINE_MS);
    }
    process.exit(1);
  });
}
