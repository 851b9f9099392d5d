import type { RunRecord } from "./spec/run-record.ts";
import type { VerdictKind } from "./spec/verdict.ts";

/** What one rule was judged to be over several runs of the same target. */
export interface Steadiness {
  readonly target: string;
  readonly site: string;
  readonly scenario: string;
  readonly requirement: string;
  /** How often each verdict was given. */
  readonly counts: Readonly<Partial<Record<VerdictKind, number>>>;
  /** Why, for the first verdict of each kind that gives a reason. */
  readonly reasons: readonly string[];
}

export interface SoakResult {
  readonly runs: number;
  readonly verdicts: number;
  /** Rules that were not judged alike in all runs. */
  readonly changed: readonly Steadiness[];
  /** Those of them, and others, that were judged as violated at least once. */
  readonly blamed: readonly Steadiness[];
}

/** Puts the verdicts of several runs side by side. A verdict that a run lacks counts as a change. */
export function compareVerdicts(records: readonly RunRecord[]): SoakResult {
  const seen = new Map<
    string,
    { steadiness: Omit<Steadiness, "counts" | "reasons">; kinds: VerdictKind[]; reasons: string[] }
  >();
  let verdicts = 0;
  for (const { targets } of records) {
    for (const { name: target, verdicts: given } of targets) {
      for (const { site, scenario, requirement, verdict, reason, observed } of given) {
        verdicts++;
        const key = [target, site, scenario, requirement].join(" ");
        const one = seen.get(key) ?? { steadiness: { target, site, scenario, requirement }, kinds: [], reasons: [] };
        if (verdict !== "pass" && !one.kinds.includes(verdict)) one.reasons.push(`${verdict}: ${reason || observed}`);
        one.kinds.push(verdict);
        seen.set(key, one);
      }
    }
  }
  const all = [...seen.values()].map(({ steadiness, kinds, reasons }) => ({
    ...steadiness,
    counts: countsOf(kinds),
    reasons,
    steady: kinds.length === records.length && new Set(kinds).size === 1,
  }));
  return {
    runs: records.length,
    verdicts,
    changed: all.filter(({ steady }) => !steady),
    blamed: all.filter(({ counts }) => (counts.fail ?? 0) + (counts.warn ?? 0) > 0),
  };
}

export function renderSoak({ runs, verdicts, changed, blamed }: SoakResult): string {
  const lines = [
    `${runs} runs, ${verdicts} verdicts: ${changed.length} rules not judged alike in all runs, ${blamed.length} judged as violated at least once`,
  ];
  for (const { target, site, scenario, requirement, counts, reasons } of new Set([...changed, ...blamed])) {
    const list = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
    lines.push(
      `- ${target}/${site}/${scenario} ${requirement}: ${list.join(", ")}`,
      ...reasons.map((one) => `  ${one}`),
    );
  }
  return `${lines.join("\n")}\n`;
}

function countsOf(kinds: readonly VerdictKind[]): Steadiness["counts"] {
  const counts: Partial<Record<VerdictKind, number>> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
