import { longestGapMs } from "../../client/timeline.ts";
import type { History, LoadRecord } from "../../spec/history.ts";
import type { Fault } from "../finding.ts";

export interface StallSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** "after reload 2" */
  readonly when: string;
}

export interface Stalls {
  readonly faults: readonly Fault[];
  /** A time beyond the budget that may have been the generator's own. */
  readonly doubt: string | undefined;
}

/** Times without a good answer beyond the budget: who waits until all is over is not lost, but is not served either. */
export function stallsIn({ target }: History, loads: readonly LoadRecord[], spans: readonly StallSpan[]): Stalls {
  const faults: Fault[] = [];
  let doubt: string | undefined;
  for (const load of loads) {
    if (load.mode !== "open-loop") continue;
    for (const { fromMs, toMs, when } of spans) {
      const gapMs = longestGapMs(load.ledger.rows(), fromMs, Math.min(toMs, load.endedMs));
      if (gapMs <= target.budget.stallMs) continue;
      const text = `${load.name}: ${gapMs.toFixed(0)} ms without a good answer ${when}`;
      // Nobody answers a generator that asks nothing.
      const pausedMs = load.lateness.max;
      if (gapMs - pausedMs > target.budget.stallMs) {
        faults.push({ count: 1, evidence: { kind: "timeline", atMs: fromMs, text } });
      } else doubt ??= `${text}, but the generator itself paused for up to ${pausedMs.toFixed(0)} ms`;
    }
  }
  return { faults, doubt };
}

/** "nobody was served for up to 2013 ms" */
export function describeStall({ faults }: Stalls): readonly string[] {
  const longest = Math.max(...faults.map(({ evidence }) => Number(/: (\d+) ms/.exec(evidence.text)?.[1] ?? 0)));
  return faults.length === 0 ? [] : [`nobody was served for up to ${longest} ms`];
}
