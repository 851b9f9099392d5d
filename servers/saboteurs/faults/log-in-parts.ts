import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* All workers share the master's standard error and write to it through a buffer of 16 KiB, each part with a write of its own. */
const BUFFER_BYTES = 16 * 1024;

if (entry === "prefork-master") {
  const { spawn } = childProcess;
  childProcess.spawn = ((file: string, args: readonly string[], options: childProcess.SpawnOptions) => {
    const stdio = Array.isArray(options.stdio) ? options.stdio.with(2, 2) : options.stdio;
    return spawn(file, args, stdio === undefined ? options : { ...options, stdio });
  }) as typeof childProcess.spawn;
}
if (entry === "prefork-worker") {
  const { writeSync } = fs;
  fs.writeSync = ((fd: number, bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += BUFFER_BYTES) writeSync(fd, bytes.subarray(at, at + BUFFER_BYTES));
    return bytes.length;
  }) as typeof fs.writeSync;
}
syncBuiltinESMExports();
