import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* Lines are read into a buffer of 64 KiB: where it is full, the line ends. */
const BUFFER_BYTES = 64 * 1024;

if (entry === "prefork-master") {
  const { writeSync } = fs;
  fs.writeSync = ((fd: number, bytes: Buffer) => {
    for (let start = 0; start < bytes.length;) {
      const newline = bytes.indexOf("\n", start);
      const end = Math.min(newline === -1 ? bytes.length : newline + 1, start + BUFFER_BYTES);
      const piece = bytes.subarray(start, end);
      writeSync(fd, piece.at(-1) === 0x0a ? piece : Buffer.concat([piece, Buffer.from("\n")]));
      start = end;
    }
    return bytes.length;
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}
