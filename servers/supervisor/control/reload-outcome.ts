import type { Program } from "../program.ts";

export type ReloadReport =
  /** Delivered; nothing more is known (no wait was asked for, or the program tells nothing of it). */
  | { readonly result: "signalled" }
  /** The program's own record said so, in `msg`. */
  | { readonly result: "done" | "failed"; readonly msg: string; readonly generation: number | null }
  | { readonly result: "unknown"; readonly reason: string };

const DONE = '"event":"reload-done"';
const FAILED = '"event":"reload-failed"';

/** Waits up to `waitMs` for the record in which a prefork master tells the outcome of a reload. Costs nothing otherwise. */
export async function awaitReload(program: Program, waitMs: number): Promise<ReloadReport> {
  if (waitMs === 0) return { result: "signalled" };
  return new Promise((resolve) => {
    const finish = (report: ReloadReport) => {
      clearTimeout(timer);
      unwatch();
      resolve(report);
    };
    const timer = setTimeout(() => finish({ result: "unknown", reason: `no outcome within ${waitMs} ms` }), waitMs);
    const unwatch = program.capture.watch((records) => {
      for (const [mark, result] of [
        [DONE, "done"],
        [FAILED, "failed"],
      ] as const) {
        const at = records.indexOf(mark);
        if (at < 0) continue;
        const line = records.subarray(records.lastIndexOf(10, at) + 1, records.indexOf(10, at));
        const { msg, generation } = parse(line);
        finish({ result, msg, generation });
        return;
      }
    });
  });
}

function parse(line: Buffer): { msg: string; generation: number | null } {
  try {
    const { msg, generation } = JSON.parse(line.toString()) as { msg?: unknown; generation?: unknown };
    return { msg: typeof msg === "string" ? msg : "", generation: typeof generation === "number" ? generation : null };
  } catch {
    // Not a record of ours, yet it holds the event: its text is all there is to tell.
    return { msg: line.toString().slice(0, 500), generation: null };
  }
}
