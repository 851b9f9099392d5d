import { openSync, writeSync } from "node:fs";
import type { LogFile as Log } from "../../supervisor/logs/log-file.ts";
import { entry } from "../entry.ts";
import { wrapMethod } from "../wrap-method.ts";

/* Two descriptors lead to each log, as for an access log and an error log that share a file; a reopen renews one of them. */
if (entry === "supervisor") {
  const { LogFile } = await import("../../supervisor/logs/log-file.ts");
  const second = new Map<Log, number>();
  const reopened = new Set<Log>();
  let turn = 0;
  wrapMethod(
    LogFile.prototype,
    "push",
    (push) =>
      function (this: Log, records) {
        if (!second.has(this)) second.set(this, openSync(this.file, "a"));
        if (reopened.has(this) && turn++ % 2 === 1) writeSync(second.get(this) ?? 2, records);
        else push.call(this, records);
      },
  );
  wrapMethod(
    LogFile.prototype,
    "reopen",
    (reopen) =>
      function (this: Log) {
        // The first one opens the file at the start.
        if (second.has(this)) reopened.add(this);
        return reopen.call(this);
      },
  );
}
