import { conclusionOf, type Conclusion } from "../../reports/conclusion.ts";
import type { RunRecord } from "../spec/run-record.ts";

/** The exit codes that other people's CI relies on. */
export const EXIT = {
  conformant: 0,
  "known-failures-only": 0,
  "not-conformant": 1,
  usage: 2,
  "did-not-boot": 3,
  inconclusive: 4,
  interrupted: 130,
} as const satisfies Readonly<Record<Conclusion | "usage", number>>;

/** Interrupted before a failed MUST, before a target that did not boot, before inconclusive. */
export function exitCodeOf(record: RunRecord): number {
  return EXIT[conclusionOf(record)];
}
