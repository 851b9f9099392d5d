import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* Records are gathered for a moment, so that many go out with one write; nobody empties the gathering at the exit. */
if (entry === "prefork-worker") {
  const { writeSync } = fs;
  let held: Buffer[] = [];
  const flush = (): void => {
    process.stderr.write(Buffer.concat(held));
    held = [];
  };
  fs.writeSync = ((fd: number, bytes: Buffer) => {
    if (fd !== 2) return writeSync(fd, bytes);
    if (held.length === 0) setTimeout(flush, 100).unref();
    held.push(Buffer.from(bytes));
    return bytes.length;
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}
