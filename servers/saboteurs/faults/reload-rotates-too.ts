import { renameSync } from "node:fs";
import type { LogFile as Log } from "../../supervisor/logs/log-file.ts";
import { entry } from "../entry.ts";
import { wrapMethod } from "../wrap-method.ts";

/* A reload begins a new log file of its own accord: it renames the live file to the first backup, and knows of no other one. */
if (entry === "supervisor") {
  const { LogFile } = await import("../../supervisor/logs/log-file.ts");
  const newest = new Map<Log, number>();
  wrapMethod(
    LogFile.prototype,
    "push",
    (push) =>
      function (this: Log, records) {
        const generation = Number(/"generation":(\d+)/.exec(records.toString("latin1", 0, 200))?.[1] ?? 0);
        const known = newest.get(this) ?? 0;
        if (generation > known) newest.set(this, generation);
        if (known > 0 && generation > known) renameSync(this.file, `${this.file}.1`);
        push.call(this, records);
      },
  );
}
