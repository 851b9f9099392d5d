import path from "node:path";

/** Which server of the reference stack this process is; a fault is loaded into all of them and acts in one. */
export type Entry = "prefork-master" | "prefork-worker" | "supervisor" | "ctl" | "proxy" | "other";

const ENTRIES: Readonly<Record<string, Entry>> = {
  "prefork/main.ts": "prefork-master",
  "prefork/worker.ts": "prefork-worker",
  "supervisor/main.ts": "supervisor",
  "supervisor/ctl.ts": "ctl",
  "proxy/main.ts": "proxy",
};

export const entry: Entry =
  ENTRIES[path.relative(path.resolve(import.meta.dirname, ".."), process.argv[1] ?? "")] ?? "other";
