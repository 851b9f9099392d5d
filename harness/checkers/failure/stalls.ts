import { gapsBetween } from "../../client/timeline.ts";
import type { History, LoadRecord } from "../../spec/history.ts";
import type { Fault } from "../finding.ts";
import { longestOf, provenMs, type Timed } from "../pauses.ts";

export interface StallSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** "after reload 2" */
  readonly when: string;
}

export interface Stalls {
  readonly faults: readonly Fault[];
  /** A time beyond the budget that may have been a pause of the suite. */
  readonly doubt: string | undefined;
}

/** Times without a good answer beyond the budget: who waits until all is over is not lost, but is not served either. */
export function stallsIn(history: History, loads: readonly LoadRecord[], spans: readonly StallSpan[]): Stalls {
  const { stallMs } = history.target.budget;
  const faults: Fault[] = [];
  let doubt: string | undefined;
  for (const load of loads) {
    if (load.mode !== "open-loop") continue;
    for (const { fromMs, toMs, when } of spans) {
      const gaps = longestOf(history, gapsBetween(load.ledger.rows(), fromMs, Math.min(toMs, load.endedMs)));
      if (!gaps || gaps.longest.ms <= stallMs) continue;
      const { longest, proven } = gaps;
      const describe = ({ ms }: Timed): string => `${load.name}: ${ms.toFixed(0)} ms without a good answer ${when}`;
      if (provenMs(proven) > stallMs) {
        faults.push({ count: 1, evidence: { kind: "timeline", atMs: fromMs, text: describe(proven) } });
      } else {
        doubt ??= `${describe(longest)}, but the suite itself paused for ${longest.pausedMs.toFixed(0)} ms of it`;
      }
    }
  }
  return { faults, doubt };
}

/** "nobody was served for up to 2013 ms" */
export function describeStall({ faults }: Stalls): readonly string[] {
  const longest = Math.max(...faults.map(({ evidence }) => Number(/: (\d+) ms/.exec(evidence.text)?.[1] ?? 0)));
  return faults.length === 0 ? [] : [`nobody was served for up to ${longest} ms`];
}
