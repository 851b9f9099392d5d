import { REQUIREMENTS } from "../../harness/spec/catalogue.ts";
import type { MatrixRun } from "../../harness/spec/matrix-run.ts";
import type { EnvironmentFacts, TargetRecord } from "../../harness/spec/run-record.ts";
import { ROLES, type Role } from "../../harness/spec/target-facts.ts";
import type { VerdictKind } from "../../harness/spec/verdict.ts";
import { decisiveVerdicts, markdownAnchor } from "../anchors.ts";
import { targetConclusion, type Conclusion } from "../conclusion.ts";
import { keyFiguresOf, type KeyFigures } from "./key-figures.ts";

/** The contents of `matrix.json`: targets by rules, and what each target showed in figures. */
export interface Matrix {
  readonly schemaVersion: 1;
  /** In the order of the catalogue, which is that of the specification. */
  readonly rules: readonly MatrixRule[];
  /** By role, then by name. */
  readonly targets: readonly MatrixTarget[];
}

export interface MatrixRule {
  readonly id: string;
  readonly level: string;
  readonly sentence: string;
}

export interface MatrixTarget {
  readonly name: string;
  readonly role: Role;
  readonly version: string;
  readonly status: TargetRecord["status"];
  /** Why it is not `ok`; empty otherwise. */
  readonly reason: string;
  readonly conclusion: Conclusion;
  readonly run: {
    readonly startedAt: string;
    readonly durationMs: number;
    readonly hupspecVersion: string;
    readonly catalogueVersion: number;
  };
  readonly environment: EnvironmentFacts;
  readonly figures: KeyFigures;
  /** By rule; a rule that is not here speaks of other roles. */
  readonly verdicts: Readonly<Record<string, MatrixCell>>;
}

export interface MatrixCell {
  /** The worst over sites and scenarios. */
  readonly verdict: VerdictKind;
  readonly trials: number;
  /** Upper end of the 95 % interval of the violation rate. */
  readonly bound95: number;
  /** Relative to the file. */
  readonly evidence: string;
}

/** Puts finished runs together, in whatever order they come. */
export function matrixOfRuns(runs: readonly MatrixRun[]): Matrix {
  const targets = runs.flatMap(targetsOf).toSorted((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
  const known = new Set(REQUIREMENTS.map(({ id }) => id));
  const judged = new Map(
    runs.flatMap(({ record }) =>
      record.targets.flatMap(({ verdicts }) => verdicts.map((one) => [one.requirement, one] as const)),
    ),
  );
  // Of another version of the catalogue: shown, at the end.
  const others = [...judged].filter(([id]) => !known.has(id)).map(([id, { level }]) => ({ id, level, sentence: "" }));
  const rules = REQUIREMENTS.filter(({ id }) => judged.has(id)).map(({ id, level, sentence }) => ({
    id,
    level,
    sentence,
  }));
  return { schemaVersion: 1, rules: [...rules, ...others], targets };
}

function targetsOf({ record: { run, environment, targets } }: MatrixRun): MatrixTarget[] {
  const { startedAt, durationMs, hupspecVersion, catalogueVersion } = run;
  return targets.map((target) => ({
    name: target.name,
    role: target.role,
    version: target.version,
    status: target.status,
    reason: target.reason,
    conclusion: targetConclusion(target),
    run: { startedAt, durationMs, hupspecVersion, catalogueVersion },
    environment,
    figures: keyFiguresOf(target),
    verdicts: Object.fromEntries(
      [...decisiveVerdicts(target)].map(({ requirement, verdict, trials, bound95 }) => [
        requirement,
        { verdict, trials, bound95, evidence: `${evidencePage(target.name, "md")}#${markdownAnchor(requirement)}` },
      ]),
    ),
  }));
}

/** Where the verdicts of a target are explained; `runs/<target>.json` is what both are made of. */
export function evidencePage(target: string, kind: "md" | "html" | "json"): string {
  return `runs/${target}.${kind}`;
}

function place({ role }: MatrixTarget): number {
  return ROLES.indexOf(role);
}
