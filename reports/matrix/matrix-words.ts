import type { EnvironmentFacts } from "../../harness/spec/run-record.ts";
import type { VerdictKind } from "../../harness/spec/verdict.ts";
import { CONCLUSION_WORDS, number, VERDICT_WORDS } from "../words.ts";
import type { Matrix, MatrixTarget } from "./matrix.ts";

/* What all renderings of a matrix say in the same words. */

/** In the order in which they are explained and counted. */
export const KINDS = Object.keys(VERDICT_WORDS) as readonly VerdictKind[];

/** How many rules got each verdict. */
export function countsOf({ verdicts }: MatrixTarget): ReadonlyMap<VerdictKind, number> {
  const counts = new Map<VerdictKind, number>();
  for (const { verdict } of Object.values(verdicts)) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return counts;
}

/** A target without verdicts says why it has none. */
export function resultOf({ status, reason, conclusion, verdicts }: MatrixTarget): string {
  if (status === "unavailable") return `not installed: ${reason}`;
  if (status === "setup-failed") return `did not boot: ${reason}`;
  return Object.keys(verdicts).length === 0 ? "no rule was judged" : CONCLUSION_WORDS[conclusion];
}

/** `2026-11-24`, or the first and the last day. */
export function datesOf({ targets }: Matrix): string {
  const days = targets.map(({ run }) => run.startedAt.slice(0, 10)).toSorted();
  const [first = ""] = days;
  const last = days.at(-1) ?? first;
  return first === last ? first : `${first} to ${last}`;
}

/** Each environment once, with the targets that were judged in it; none named where there is only one. */
export function environmentsOf({
  targets,
}: Matrix): readonly { readonly words: string; readonly targets: readonly string[] }[] {
  const groups = Map.groupBy(targets, ({ environment }) => environmentWords(environment));
  return [...groups].map(([words, own]) => ({ words, targets: groups.size > 1 ? own.map(({ name }) => name) : [] }));
}

function environmentWords({ platform, kernel, cpu, cores, node, tcp_migrate_req }: EnvironmentFacts): string {
  const migrate = `tcp_migrate_req ${tcp_migrate_req ?? "absent"}`;
  return `${platform}, kernel ${kernel}, ${number(cores)} × ${cpu}, Node ${node}, ${migrate}`;
}

/** Each version of suite and catalogue that took part. */
export function versionsOf({ targets }: Matrix): string {
  const versions = targets.map(({ run }) => `hupspec ${run.hupspecVersion} (catalogue ${run.catalogueVersion})`);
  return [...new Set(versions)].join(", ");
}

/** Targets of whom any rule of the group speaks: the others would be columns of nothing. */
export function concerned(
  targets: readonly MatrixTarget[],
  rules: readonly { readonly id: string }[],
): readonly MatrixTarget[] {
  return targets.filter(({ verdicts }) =>
    rules.some(({ id }) => verdicts[id] !== undefined && verdicts[id].verdict !== "unsupported"),
  );
}
