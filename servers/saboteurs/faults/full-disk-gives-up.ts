import { constants } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* After the first write that the disk refuses, the log counts as broken until the next start. */
if (entry === "supervisor") {
  const { open } = fs;
  const broken = new Map<string, Error>();
  fs.open = async (file, flags, mode) => {
    const handle = await open(file, flags, mode);
    if (typeof flags !== "number" || (flags & constants.O_APPEND) === 0) return handle;
    const writev = handle.writev.bind(handle);
    handle.writev = async (buffers, position) => {
      const known = broken.get(String(file));
      if (known) throw known;
      try {
        return await writev(buffers, position);
      } catch (error) {
        broken.set(String(file), error as Error);
        throw error;
      }
    };
    return handle;
  };
  syncBuiltinESMExports();
}
