import { constants } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* An error while writing the log is caught by nobody: it ends the supervisor, and with it all that it started. */
if (entry === "supervisor") {
  const { open } = fs;
  fs.open = async (file, flags, mode) => {
    const handle = await open(file, flags, mode);
    if (typeof flags !== "number" || (flags & constants.O_APPEND) === 0) return handle;
    const writev = handle.writev.bind(handle);
    handle.writev = (buffers, position) =>
      writev(buffers, position).catch((error: unknown) => {
        process.stderr.write(`uncaught: ${String(error)}\n`);
        process.exit(1);
      });
    return handle;
  };
  syncBuiltinESMExports();
}
