import type { ActionRecord, HeldRequest, History, ProcessSample } from "../../spec/history.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Evidence } from "../../spec/verdict.ts";
import { effectiveReloads, generationsByPid, spans } from "../served-by.ts";

/**
 * A reload and the time at which its drain has to be over. A server begins to drain when the new workers are ready, which
 * only it knows: not before the signal, and not after the new code was seen to serve alone.
 */
export interface DrainWindow {
  readonly reload: ActionRecord;
  /** Nothing may be cut before. */
  readonly earliestMs: number;
  /** Nothing may be left after; what servers are given beyond the deadline is included. */
  readonly latestMs: number;
  /** Processes that the reload had to replace, and the generation that they served. */
  readonly leaving: ReadonlyMap<number, number>;
}

/** Of reloads that came to serve; of another one nobody knows when its drain began. */
export function drainWindows(history: History): readonly DrainWindow[] {
  const { drainMs } = history.target;
  const served = generationsByPid(history);
  return effectiveReloads(history).flatMap((reload): readonly DrainWindow[] => {
    if (reload.servedMs === undefined) return [];
    const before = [...served.values()].filter((generation) => generation < reload.generation);
    const replaced = Math.max(...before);
    return [
      {
        reload,
        earliestMs: reload.startedMs + drainMs,
        latestMs: reload.servedMs + drainMs + LIMITS.giveUpMarginMs,
        leaving: new Map([...served].filter(([, generation]) => generation === replaced)),
      },
    ];
  });
}

/** In the server's hands before the reload, and not let go on before its drain had to be over, or at all. */
export function stuckIn({ reload, earliestMs }: DrainWindow, held: readonly HeldRequest[]): readonly HeldRequest[] {
  return held.filter((request) => spans(request, reload) && request.releasedMs > earliestMs);
}

/** Which of the leaving processes were there after the time; undefined if nobody looked long enough to know. */
export function overdue(history: History, { latestMs, leaving, reload }: DrainWindow): readonly Evidence[] | undefined {
  const { samples } = history.processes;
  const last = samples.at(-1);
  // The process table is recorded when it changes: what the last look before a moment showed is what was there.
  const at = samples.findLast(({ atMs }) => atMs <= latestMs);
  if (!last || !at) return undefined;
  const late = [...leaving].filter(([pid]) => isAlive(at, pid));
  if (late.length > 0 && last.atMs < latestMs) return undefined;
  return late.map(([pid, generation]): Evidence => {
    const gone = samples.find((sample) => sample.atMs > latestMs && !isAlive(sample, pid));
    const until = gone
      ? `was gone at ${gone.atMs.toFixed(0)} ms only`
      : `was there at ${last.atMs.toFixed(0)} ms still`;
    const text = `pid ${pid} of generation ${generation} ${until}; reload ${reload.index} came at ${reload.startedMs.toFixed(0)} ms and served at ${(reload.servedMs ?? Number.NaN).toFixed(0)} ms, with a drain of ${history.target.drainMs} ms it was due by ${latestMs.toFixed(0)} ms`;
    return { kind: "process", atMs: latestMs, text };
  });
}

/** When the last of the leaving processes was gone; NaN if that was not seen. */
export function goneMs(samples: readonly ProcessSample[], { leaving, reload }: DrainWindow): number {
  const gone = samples.find(
    (sample) => sample.atMs > reload.startedMs && [...leaving.keys()].every((pid) => !isAlive(sample, pid)),
  );
  return gone?.atMs ?? Number.NaN;
}

function isAlive({ processes }: ProcessSample, pid: number): boolean {
  return processes.some((process) => process.pid === pid && process.state !== "Z");
}
