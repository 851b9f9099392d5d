import type { ScenarioRecord, TargetRecord } from "./run-record.ts";
import type { Verdict } from "./verdict.ts";

/** What the engine tells while it runs; the faces of the suite (command line, vitest) decide what to show. */
export type ProgressEvent =
  | { readonly kind: "target-started"; readonly target: string; readonly scenarios: number }
  | {
      readonly kind: "scenario-started";
      readonly target: string;
      readonly site: string;
      readonly scenario: string;
      readonly phase: "boot" | "control" | "trial" | "check";
    }
  | {
      readonly kind: "scenario-finished";
      readonly target: string;
      readonly site: string;
      readonly scenario: string;
      readonly record: ScenarioRecord;
      readonly verdicts: readonly Verdict[];
    }
  | { readonly kind: "target-finished"; readonly record: TargetRecord };
