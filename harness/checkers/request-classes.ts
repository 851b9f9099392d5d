import type { LedgerRow, LoadRecord } from "../spec/history.ts";
import { bound95 } from "../spec/bound95.ts";

/** Requests of one method on one kind of connection: what a reload may treat differently is counted apart. */
export interface RequestClass {
  readonly label: "fresh GET" | "fresh POST" | "reused GET" | "reused POST";
  readonly trials: number;
  readonly lost: number;
}

/** The classes that occur among the requests for which `isTrial` holds. */
export function requestClasses(
  loads: readonly LoadRecord[],
  isTrial: (row: LedgerRow) => boolean = () => true,
): readonly RequestClass[] {
  const counts = new Map<RequestClass["label"], { trials: number; lost: number }>();
  for (const load of loads) {
    for (const row of load.ledger.rows()) {
      if (!isTrial(row)) continue;
      const label = `${row.reused ? "reused" : "fresh"} ${row.method}` as const;
      const count = counts.get(label) ?? { trials: 0, lost: 0 };
      count.trials++;
      if (row.outcome !== "ok") count.lost++;
      counts.set(label, count);
    }
  }
  return ORDER.flatMap((label) => {
    const count = counts.get(label);
    return count ? [{ label, ...count }] : [];
  });
}

const ORDER = ["fresh GET", "fresh POST", "reused GET", "reused POST"] as const;

/** "fresh GET 0 of 3000 lost (below 0.100 %), reused GET 2 of 900 lost (below 0.806 %)", each with its bound at 95 %. */
export function describeClasses(classes: readonly RequestClass[]): string {
  return classes
    .map(({ label, trials, lost }) => `${label} ${lost} of ${trials} lost (below ${percent(bound95(lost, trials))})`)
    .join(", ");
}

/** Probability that at least one loss shows among `trials` requests of which each is lost with the probability `rate`. */
export function powerToSee(rate: number, trials: number): number {
  return 1 - (1 - rate) ** trials;
}

function percent(rate: number): string {
  return `${(100 * rate).toPrecision(3)} %`;
}
