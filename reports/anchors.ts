import type { TargetRecord } from "../harness/spec/run-record.ts";
import { VERDICTS, type Verdict } from "../harness/spec/verdict.ts";

/** Of the verdicts on each rule the one that counts, the worst: a link to the rule leads there. */
export function decisiveVerdicts({ verdicts }: TargetRecord): ReadonlySet<Verdict> {
  const decisive = new Map<string, Verdict>();
  for (const verdict of verdicts) {
    const other = decisive.get(verdict.requirement);
    if (!other || rank(verdict) > rank(other)) decisive.set(verdict.requirement, verdict);
  }
  return new Set(decisive.values());
}

function rank({ verdict }: Verdict): number {
  return VERDICTS.indexOf(verdict);
}

/** In `report.html`, which may hold several targets. */
export function htmlAnchor(target: string, rule: string): string {
  return `${target}/${rule}`;
}

/** In the evidence page of one target; code forges do not take a slash in the name of an anchor everywhere. */
export function markdownAnchor(rule: string): string {
  return rule.replaceAll("/", "-");
}
