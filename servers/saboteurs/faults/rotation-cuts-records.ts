import type { RecordQueue as Queue } from "../../supervisor/logs/record-queue.ts";
import { entry } from "../entry.ts";
import { wrapMethod } from "../wrap-method.ts";

/* A file is filled up to its limit to the byte, wherever in a record that is. */
if (entry === "supervisor") {
  const { RecordQueue } = await import("../../supervisor/logs/record-queue.ts");
  wrapMethod(
    RecordQueue.prototype,
    "peek",
    (peek) =>
      function (this: Queue, roomBytes) {
        const run: Buffer[] = [];
        let left = roomBytes;
        for (const buffer of peek.call(this, Number.POSITIVE_INFINITY)) {
          if (left <= 0) break;
          run.push(buffer.subarray(0, left));
          left -= buffer.length;
        }
        return run;
      },
  );
}
