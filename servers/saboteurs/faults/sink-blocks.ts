import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* The master writes to its standard error with blocking calls, as printing does everywhere. */
if (entry === "prefork-master") {
  const { openSync } = fs;
  fs.openSync = (file, ...rest) => {
    if (String(file).startsWith("/proc/self/fd/")) throw new Error("no descriptor of its own");
    return openSync(file, ...rest);
  };
  syncBuiltinESMExports();
}
