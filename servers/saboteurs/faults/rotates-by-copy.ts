import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* A live file is put away by copying it to the backup's name, whatever stands there, as is done across file systems. */
if (entry === "supervisor") {
  const { rename, copyFile, unlink } = fs;
  fs.rename = async (from, to) => {
    if (!String(from).endsWith(".log")) return rename(from, to);
    await copyFile(from, to);
    await unlink(from);
  };
  syncBuiltinESMExports();
}
