import { constants } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/*
 * A backup is compressed as soon as it is renamed, while the writer, not told yet, goes on writing to it. What arrives after the
 * compressor has read the file is removed with it.
 */
if (entry === "supervisor") {
  const { open, rename } = fs;
  const renamed = new Map<string, string>();
  fs.rename = async (from, to) => {
    await rename(from, to);
    if (String(from).endsWith(".log")) renamed.set(String(from), String(to));
  };
  fs.open = async (file, flags, mode) => {
    const old = renamed.get(String(file));
    if (old === undefined || typeof flags !== "number" || (flags & constants.O_APPEND) === 0) {
      return open(file, flags, mode);
    }
    renamed.delete(String(file));
    const handle = await open(old, flags, mode);
    const stat = handle.stat.bind(handle);
    const { size } = await stat();
    // To the writer it is a new file.
    return Object.assign(handle, {
      stat: async () => {
        const stats = await stat();
        stats.size -= size;
        return stats;
      },
    });
  };
  syncBuiltinESMExports();
}
