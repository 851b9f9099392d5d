import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* The master waits until what it writes to its log is taken, as printing does everywhere. */
if (entry === "prefork-master") {
  const { writeSync } = fs;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  fs.writeSync = ((fd: number, bytes: Buffer) => {
    for (;;) {
      try {
        return writeSync(fd, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
        Atomics.wait(pause, 0, 0, 1);
      }
    }
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}
