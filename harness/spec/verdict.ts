import type { Level } from "./requirement.ts";

/** Of several verdicts the last in this order counts; what a target does not claim to do takes nothing from what it does. */
export const VERDICTS = ["unsupported", "pass", "info", "warn", "known-failure", "inconclusive", "fail"] as const;
export type VerdictKind = (typeof VERDICTS)[number];

/** What a checker concludes from one history, before the level of its rule is applied. */
export type Finding =
  | { readonly outcome: "held"; readonly trials: number; readonly observed: string }
  | {
      readonly outcome: "violated";
      readonly trials: number;
      readonly violations: number;
      readonly expected: string;
      readonly observed: string;
      readonly evidence: readonly Evidence[];
    }
  /** Observed and reported without judgement (CHECK rules). */
  | { readonly outcome: "observed"; readonly trials: number; readonly observed: string }
  | { readonly outcome: "unsupported"; readonly reason: string }
  | { readonly outcome: "inconclusive"; readonly reason: string };

/** One thing that anyone can look up in the run's raw samples. */
export interface Evidence {
  readonly kind: "request" | "log" | "process" | "file" | "action" | "timeline";
  /** Milliseconds on the history's clock, where it has a time. */
  readonly atMs?: number;
  readonly text: string;
}

/** Where a text of evidence was cut off; a path that ends there may be the beginning of any longer one. */
export const CUT = "…";

export interface Verdict {
  readonly requirement: string;
  readonly level: Level;
  readonly verdict: VerdictKind;
  readonly scenario: string;
  readonly site: string;
  readonly reason: string;
  readonly expected: string;
  readonly observed: string;
  readonly trials: number;
  /** Upper end of the 95 % interval of the violation rate: 3/N for none of N. */
  readonly bound95: number;
  readonly evidence: readonly Evidence[];
  /** A one-line command that repeats the scenario. */
  readonly repeat: string;
}

export function worstOf(kinds: Iterable<VerdictKind>): VerdictKind {
  let worst = 0;
  for (const kind of kinds) worst = Math.max(worst, VERDICTS.indexOf(kind));
  return VERDICTS[worst] ?? "unsupported";
}
