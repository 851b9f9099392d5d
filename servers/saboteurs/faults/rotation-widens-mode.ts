import { constants } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* A new log file gets the mode that new files usually have, not the one of the file before it. */
if (entry === "supervisor") {
  const { open } = fs;
  fs.open = async (file, flags, mode) => {
    const handle = await open(file, flags, mode);
    if (typeof flags !== "number" || (flags & constants.O_CREAT) === 0) return handle;
    const chmod = handle.chmod.bind(handle);
    handle.chmod = () => chmod(0o644);
    return handle;
  };
  syncBuiltinESMExports();
}
