import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* A write to the log that fails is reported to the log, and so is the report's own failure. */
if (entry === "prefork-master") {
  const { writeSync } = fs;
  const report = (error: unknown): void => {
    try {
      writeSync(2, `${String(error)}\n`);
    } catch (failure) {
      setImmediate(report, failure);
    }
  };
  let reporting = false;
  fs.writeSync = ((fd: number, bytes: Buffer) => {
    try {
      return writeSync(fd, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EPIPE" && !reporting) report(error);
      reporting ||= (error as NodeJS.ErrnoException).code === "EPIPE";
      throw error;
    }
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}
