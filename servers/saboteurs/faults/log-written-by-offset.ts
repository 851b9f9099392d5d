import { constants } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* The log is opened for writing, not for appending: each record goes to where the one before it ended. */
if (entry === "supervisor") {
  const { open } = fs;
  fs.open = async (file, flags, mode) => {
    if (typeof flags !== "number" || (flags & constants.O_APPEND) === 0) return open(file, flags, mode);
    const handle = await open(file, flags & ~constants.O_APPEND, mode);
    const [writev, truncate] = [handle.writev.bind(handle), handle.truncate.bind(handle)];
    let end = (await handle.stat()).size;
    handle.writev = async (buffers) => {
      const written = await writev(buffers, end);
      end += written.bytesWritten;
      return written;
    };
    handle.truncate = async (bytes = 0) => {
      end = bytes;
      await truncate(bytes);
    };
    return handle;
  };
  syncBuiltinESMExports();
}
