import { constants } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* The compressed form of a backup is written to whatever has its temporary name already. */
if (entry === "supervisor") {
  const { open, unlink } = fs;
  const isTemporary = (file: unknown): boolean => String(file).endsWith(".compressing");
  fs.unlink = async (file) => {
    if (!isTemporary(file)) await unlink(file);
  };
  fs.open = (file, flags, mode) =>
    isTemporary(file)
      ? open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, mode)
      : open(file, flags, mode);
  syncBuiltinESMExports();
}
