import { constants } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* A log that is deleted stays open, and is written on where nobody finds it; a reopen finds it open and leaves it so. */
if (entry === "supervisor") {
  const { open } = fs;
  const opened = new Map<string, FileHandle>();
  const isDeleted = async (handle: FileHandle): Promise<boolean> => (await handle.stat()).nlink === 0;
  fs.open = async (file, flags, mode) => {
    const known = opened.get(String(file));
    if (known && (await isDeleted(known))) return known;
    const handle = await open(file, flags, mode);
    if (typeof flags !== "number" || (flags & constants.O_APPEND) === 0) return handle;
    opened.set(String(file), handle);
    const close = handle.close.bind(handle);
    handle.close = async () => {
      if (await isDeleted(handle)) return;
      opened.delete(String(file));
      await close();
    };
    return handle;
  };
  syncBuiltinESMExports();
}
