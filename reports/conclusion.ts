import { REQUIREMENTS } from "../harness/spec/catalogue.ts";
import type { RunRecord, TargetRecord } from "../harness/spec/run-record.ts";
import { worstOf, type Verdict, type VerdictKind } from "../harness/spec/verdict.ts";

/** What a whole run says, in the order in which one outweighs the other. */
const CONCLUSIONS = [
  "interrupted",
  "not-conformant",
  "did-not-boot",
  "inconclusive",
  "known-failures-only",
  "conformant",
] as const;
export type Conclusion = (typeof CONCLUSIONS)[number];

/** Interrupted before all else, as the rest of the record is then only a part; a failed MUST before a missing target. */
export function conclusionOf(record: RunRecord): Conclusion {
  return record.run.interrupted ? "interrupted" : worstConclusion(record.targets);
}

/** Of none at all nothing was shown. */
export function worstConclusion(targets: readonly TargetRecord[]): Conclusion {
  const found = new Set(targets.map(targetConclusion));
  return CONCLUSIONS.find((conclusion) => found.has(conclusion)) ?? "inconclusive";
}

export function targetConclusion(target: TargetRecord): Conclusion {
  const kinds = kindsOf(target);
  if (kinds.includes("fail")) return "not-conformant";
  if (target.status !== "ok" || target.scenarios.some(({ status }) => status === "setup-failed")) return "did-not-boot";
  if (kinds.includes("inconclusive")) return "inconclusive";
  // Expected is not the same as kept: a target file must not be able to call its server conformant.
  if (kinds.includes("known-failure")) return "known-failures-only";
  // Where no rule at all could be decided nothing was shown, and silence must not read as conformance.
  return kinds.some((kind) => kind !== "unsupported") ? "conformant" : "inconclusive";
}

/** The verdicts, and the status of each scenario: that one may be worse than any verdict it led to. */
function kindsOf(target: TargetRecord): VerdictKind[] {
  const statuses = target.scenarios.map(({ status }) => status).filter((status) => status !== "setup-failed");
  return [...target.verdicts.map(({ verdict }) => verdict), ...statuses];
}

/** One rule on one target: the worst verdict by site, and all verdicts behind it. */
export interface RuleRow {
  readonly requirement: string;
  readonly level: string;
  readonly worst: VerdictKind;
  readonly bySite: ReadonlyMap<string, VerdictKind>;
}

/** Sites in the order of their first verdict, rules in the order of the catalogue. */
export function matrixOf(target: TargetRecord): {
  readonly sites: readonly string[];
  readonly rows: readonly RuleRow[];
} {
  const sites = [...new Set(target.verdicts.map(({ site }) => site))];
  const byRule = Map.groupBy(target.verdicts, ({ requirement }) => requirement);
  const inOrder = [...byRule].toSorted(([a], [b]) => placeOf(a) - placeOf(b));
  const rows = inOrder.map(([requirement, verdicts]) => {
    const bySite = Map.groupBy(verdicts, ({ site }) => site);
    return {
      requirement,
      level: verdicts[0]?.level ?? "",
      worst: worstOf(verdicts.map(({ verdict }) => verdict)),
      bySite: new Map([...bySite].map(([site, own]) => [site, worstOf(own.map(({ verdict }) => verdict))])),
    };
  });
  return { sites, rows };
}

/**
 * Verdicts to be explained, in order; a doubt about a whole replay (the generator was late, the control unsound) is shared by
 * all the rules that it would have decided, and told once.
 */
export function explained(
  verdicts: readonly Verdict[],
): readonly { readonly verdict: Verdict; readonly rules: readonly string[] }[] {
  const groups = Map.groupBy(verdicts, ({ verdict, requirement, scenario, site, reason }) =>
    verdict === "inconclusive"
      ? JSON.stringify([scenario, site, reason])
      : JSON.stringify([scenario, site, requirement]),
  );
  return [...groups.values()].flatMap(([verdict, ...others]) =>
    verdict ? [{ verdict, rules: [verdict, ...others].map(({ requirement }) => requirement) }] : [],
  );
}

const PLACES = new Map<string, number>(REQUIREMENTS.map(({ id }, place) => [id, place]));

/** Rules of another version of the catalogue stand at the end. */
function placeOf(requirement: string): number {
  return PLACES.get(requirement) ?? PLACES.size;
}
