import type { MatrixRun } from "../../harness/spec/matrix-run.ts";
import type { ScenarioRecord, TargetRecord } from "../../harness/spec/run-record.ts";
import type { Verdict, VerdictKind } from "../../harness/spec/verdict.ts";
import { decisiveVerdicts, markdownAnchor } from "../anchors.ts";
import { explained, targetConclusion } from "../conclusion.ts";
import { detail } from "../markdown.ts";
import { code, row, tableHead, text } from "../markdown-text.ts";
import { CONCLUSION_WORDS, GLYPHS, keyFigures, number, percent, seconds } from "../words.ts";

/** Worst kinds first. What is `info` violates nothing, but was seen, and has evidence too. */
const DETAILED: readonly VerdictKind[] = ["fail", "inconclusive", "warn", "known-failure", "info"];

/** `runs/<target>.md`: each verdict on one target with what it rests on, under the anchor of its rule. */
export function renderEvidence({ record, basis }: MatrixRun): string {
  const { run, environment: env } = record;
  const facts =
    `hupspec ${text(run.hupspecVersion)} (catalogue ${run.catalogueVersion})${basis.thorough ? ", thorough" : ""}, ` +
    `${text(run.startedAt)}, ${seconds(run.durationMs)}; ${text(env.platform)}, kernel ${text(env.kernel)}, ` +
    `${number(env.cores)} × ${text(env.cpu)}, Node ${text(env.node)}, tcp\\_migrate\\_req ${env.tcp_migrate_req ?? "absent"}`;
  return record.targets.map((target) => targetPage(target, facts)).join("\n");
}

function targetPage(target: TargetRecord, facts: string): string {
  const anchors = anchorsOf(target);
  const of = (kind: VerdictKind): readonly Verdict[] => target.verdicts.filter(({ verdict }) => verdict === kind);
  const title = [target.name, target.version].filter((part) => part !== "").map((part) => text(part, 80));
  const reason = target.status === "ok" ? "" : `**${target.status}**: ${text(target.reason, 2_000)}\n`;
  const details = DETAILED.flatMap((kind) => explained(of(kind))).map(
    ({ verdict, rules }) => `${anchors(verdict, rules)}\n\n${detail(target.name, verdict, rules)}`,
  );
  return [
    `# ${title.join(" · ")}: ${CONCLUSION_WORDS[targetConclusion(target)]}\n`,
    `Role ${target.role}. ${facts}. [All targets](../matrix.md)\n`,
    reason,
    details.length > 0 ? `## Not simply passed\n\n${details.join("").trimEnd()}\n` : "",
    table(
      "Passed",
      ["rule", "level", "observed", "trials", "violation rate (95 %)", "decided by"],
      of("pass"),
      (verdict) => [
        `${anchors(verdict)}${code(verdict.requirement)}`,
        verdict.level,
        text(verdict.observed),
        number(verdict.trials),
        `< ${percent(verdict.bound95)}`,
        text(placeOf(verdict)),
      ],
    ),
    table("Unsupported", ["rule", "level", "reason"], of("unsupported"), (verdict) => [
      `${anchors(verdict)}${code(verdict.requirement)}`,
      verdict.level,
      text(verdict.reason),
    ]),
    scenarioTable(target),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** Each rule has one anchor on the page, where its worst verdict stands; several rules may share a doubt. */
function anchorsOf(target: TargetRecord): (verdict: Verdict, rules?: readonly string[]) => string {
  const decisive = decisiveVerdicts(target);
  const left = new Map([...decisive].map((verdict) => [verdict.requirement, verdict.verdict]));
  return (verdict, rules = [verdict.requirement]) =>
    rules
      .filter((rule) => left.get(rule) === verdict.verdict && left.delete(rule))
      .map((rule) => `<a id="${markdownAnchor(rule)}"></a>`)
      .join("");
}

function table(
  title: string,
  columns: readonly string[],
  verdicts: readonly Verdict[],
  cells: (verdict: Verdict) => readonly string[],
): string {
  if (verdicts.length === 0) return "";
  return `## ${title}\n\n${tableHead(columns)}${verdicts.map((verdict) => row(cells(verdict))).join("")}`;
}

function scenarioTable({ scenarios, verdicts }: TargetRecord): string {
  const replayed = scenarios.filter(({ replays }) => replays > 0);
  if (replayed.length === 0) return "";
  const rows = replayed.map((scenario) => {
    const repeat =
      verdicts.find((verdict) => verdict.scenario === scenario.id && verdict.site === scenario.site)?.repeat ?? "";
    const status =
      scenario.status === "setup-failed" ? scenario.status : `${GLYPHS[scenario.status]} ${scenario.status}`;
    return row([
      text(placeOf({ ...scenario, scenario: scenario.id })),
      status,
      seconds(scenario.durationMs),
      text(keyFigures(scenario)),
      code(repeat),
    ]);
  });
  return `## Scenarios\n\n${tableHead(["scenario, site", "worst", "took", "figures", "repeat"])}${rows.join("")}`;
}

function placeOf({
  scenario,
  site,
}: Pick<Verdict, "scenario" | "site"> | (ScenarioRecord & { scenario: string })): string {
  return site === "" ? scenario : `${scenario}, ${site}`;
}
