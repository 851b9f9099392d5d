import type { Program } from "../program.ts";

export type ReloadReport =
  /** Delivered; nothing more is known (no wait was asked for, or the program tells nothing of it). */
  | { readonly result: "signalled" }
  /** The program's own record said so, in `msg`; the generation where it names one. */
  | { readonly result: "done" | "failed"; readonly msg: string; readonly generation: number | null }
  | { readonly result: "unknown"; readonly reason: string };

const MARK = '"event":"reload-';

/**
 * Waits up to `waitMs` for the record in which a prefork master tells the outcome of a reload. One that begins while
 * another goes on is queued, and says so: the next outcome is then that of the other. So is a success that comes before the
 * start of ours was told: its record was still on its way when ours was asked for. Costs nothing without a wait, and ends
 * with `signal`: nobody may be there any more to be told.
 */
export async function awaitReload(program: Program, waitMs: number, signal: AbortSignal): Promise<ReloadReport> {
  if (waitMs === 0) return { result: "signalled" };
  return new Promise((resolve) => {
    let queued = false;
    let started = false;
    const finish = (report: ReloadReport) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
      unwatch();
      resolve(report);
    };
    const leave = () => finish({ result: "unknown", reason: "nobody waits for it any more" });
    signal.addEventListener("abort", leave);
    const timer = setTimeout(() => finish({ result: "unknown", reason: `no outcome within ${waitMs} ms` }), waitMs);
    const unwatch = program.capture.watch((records) => {
      for (let at = records.indexOf(MARK); at >= 0; at = records.indexOf(MARK, at + 1)) {
        const from = at + MARK.length;
        const what = records.toString("latin1", from, records.indexOf('"', from));
        if (what === "queued") queued = true;
        if (what === "started") started = true;
        if (what !== "done" && what !== "failed") continue;
        if (!queued && (started || what === "failed")) {
          const line = records.subarray(records.lastIndexOf(10, at) + 1, records.indexOf(10, at));
          finish({ result: what, ...parse(line) });
          return;
        }
        queued = false;
        started = false;
      }
    });
  });
}

function parse(line: Buffer): { msg: string; generation: number | null } {
  try {
    const { msg, generation } = JSON.parse(line.toString()) as { msg?: unknown; generation?: unknown };
    const text = typeof msg === "string" ? msg : "";
    // A master serves no generation itself (0) and names that of its workers in the text.
    const named = Number(/ of generation (\d+)$/.exec(text)?.[1] ?? 0);
    const own = typeof generation === "number" ? generation : 0;
    return { msg: text, generation: own || named || null };
  } catch {
    // Not a record of ours, yet it holds the event: its text is all there is to tell.
    return { msg: line.toString().slice(0, 500), generation: null };
  }
}
