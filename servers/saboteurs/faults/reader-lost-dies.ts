import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* Nobody has thought of a write to the log that fails: the error is caught nowhere. */
if (entry === "prefork-master") {
  const { writeSync } = fs;
  fs.writeSync = ((fd: number, bytes: Buffer) => {
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
      setImmediate(() => {
        throw error;
      });
      return bytes.length;
    }
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}
