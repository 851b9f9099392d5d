import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/** One record in so many: the 10,000th, the 20,000th and so on of all that the master writes. */
const EVERY = 10_000;

/* A write that was reported as failed and had not: its record is written once more. */
if (entry === "prefork-master") {
  const { writeSync } = fs;
  let records = 0;
  fs.writeSync = ((fd: number, bytes: Buffer) => {
    const written = writeSync(fd, bytes);
    let start = 0;
    const again: Buffer[] = [];
    for (let end = bytes.indexOf("\n"); end !== -1; end = bytes.indexOf("\n", start)) {
      if (++records % EVERY === 0) again.push(bytes.subarray(start, end + 1));
      start = end + 1;
    }
    for (const record of again) writeSync(fd, record);
    return written;
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}
