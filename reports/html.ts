import type { RunRecord, ScenarioRecord, TargetRecord } from "../harness/spec/run-record.ts";
import type { Verdict, VerdictKind } from "../harness/spec/verdict.ts";
import { decisiveVerdicts, htmlAnchor } from "./anchors.ts";
import { conclusionOf, matrixOf, targetConclusion } from "./conclusion.ts";
import { renderTimeline } from "./html-timeline.ts";
import { markupText, printable } from "./printable.ts";
import { CONCLUSION_WORDS, GLYPHS, keyFigures, milliseconds, number, percent, seconds } from "./words.ts";

/** `report.html`: the whole run on one page that needs no other file, no script and no network. */
export function renderHtml(record: RunRecord): string {
  const { run, environment: env } = record;
  const facts = [
    `hupspec ${run.hupspecVersion}, catalogue ${run.catalogueVersion}, ${run.startedAt}, ${seconds(run.durationMs)}`,
    run.command,
    `${env.platform}, kernel ${env.kernel}, ${number(env.cores)} × ${env.cpu}, Node ${env.node}, ` +
      `tcp_migrate_req ${env.tcp_migrate_req ?? "absent"}`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>hupspec ${text(run.id)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>hupspec: ${CONCLUSION_WORDS[conclusionOf(record)]}</h1>
<ul>${facts.map((fact) => `<li>${text(fact)}</li>`).join("")}</ul>
${overview(record.targets)}
${record.targets.map(renderTarget).join("\n")}
</body>
</html>
`;
}

/** Rules down, targets and their sites across. */
function overview(targets: readonly TargetRecord[]): string {
  const columns = targets.flatMap((target) => {
    const { sites, rows } = matrixOf(target);
    return sites.map((site) => ({ title: site === "" ? target.name : `${target.name} ${site}`, site, rows }));
  });
  if (columns.length === 0) return "<p>No rule was judged.</p>";
  const rules = new Map(columns.flatMap(({ rows }) => rows.map(({ requirement, level }) => [requirement, level])));
  const body = [...rules].map(([rule, level]) => {
    const cells = columns.map(({ site, rows }) =>
      verdictCell(rows.find(({ requirement }) => requirement === rule)?.bySite.get(site)),
    );
    return `<tr><th scope="row">${text(rule)}</th><td>${text(level)}</td>${cells.join("")}</tr>`;
  });
  const head = ["rule", "level", ...columns.map(({ title }) => title)].map((title) => `<th>${text(title)}</th>`);
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table>`;
}

function verdictCell(kind: VerdictKind | undefined): string {
  return kind === undefined ? "<td></td>" : `<td class="${kind}">${GLYPHS[kind]} ${kind}</td>`;
}

function renderTarget(target: TargetRecord): string {
  const title = [target.name, target.version].filter((part) => part !== "").join(" ");
  const reason = target.status === "ok" ? "" : `<pre>${text(`${target.status}: ${target.reason}`)}</pre>`;
  return `<h2>${text(title)}: ${CONCLUSION_WORDS[targetConclusion(target)]}</h2>
${reason}
${target.scenarios.map((scenario) => renderScenario(scenario, target)).join("\n")}`;
}

function renderScenario(scenario: ScenarioRecord, target: TargetRecord): string {
  const decisive = decisiveVerdicts(target);
  const anchor = (verdict: Verdict): string =>
    decisive.has(verdict) ? ` id="${text(htmlAnchor(target.name, verdict.requirement))}"` : "";
  const own = target.verdicts.filter((verdict) => verdict.scenario === scenario.id && verdict.site === scenario.site);
  const title = scenario.site === "" ? scenario.id : `${scenario.id} (${scenario.site})`;
  return `<section>
<h3 class="${scenario.status}">${GLYPHS[scenario.status]} ${scenario.status}: ${text(title)}, ${seconds(scenario.durationMs)}</h3>
<p>${text(keyFigures(scenario))}</p>
${latencies(scenario)}
${scenario.metrics.reloads.map(renderTimeline).join("\n")}
${own.map((verdict) => renderVerdict(verdict, anchor(verdict))).join("\n")}
</section>`;
}

function latencies({ metrics: { latency } }: ScenarioRecord): string {
  const rows = (["before", "during", "after"] as const)
    .filter((when) => latency[when].count > 0)
    .map((when) => {
      const { count, p50, p90, p99, p999, max } = latency[when];
      const cells = [number(count), ...[p50, p90, p99, p999, max].map(milliseconds)].map((cell) => `<td>${cell}</td>`);
      return `<tr><th scope="row">${when}</th>${cells.join("")}</tr>`;
    });
  if (rows.length === 0) return "";
  const head = ["latency", "N", "p50", "p90", "p99", "p99.9", "max"].map((title) => `<th>${title}</th>`);
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** Folded where there is nothing to worry about. */
function renderVerdict(verdict: Verdict, id: string): string {
  const open = verdict.verdict === "fail" || verdict.verdict === "inconclusive" ? " open" : "";
  const trials = verdict.trials > 0 ? `${number(verdict.trials)}, rate < ${percent(verdict.bound95)} at 95 %` : "";
  const facts = Object.entries({
    reason: verdict.reason,
    expected: verdict.expected,
    observed: verdict.observed,
    trials,
    repeat: verdict.repeat,
  }).filter(([, value]) => value !== "");
  const evidence = verdict.evidence.map(({ kind, atMs, text: excerpt }) => {
    const when = atMs === undefined ? "" : ` at ${milliseconds(atMs)}`;
    return `<li>${kind}${when}: <code>${text(excerpt)}</code></li>`;
  });
  // The anchor lies inside, for a link to it to open what is folded.
  return `<details${open}><summary class="${verdict.verdict}">${GLYPHS[verdict.verdict]} ${verdict.verdict} ${text(verdict.requirement)} (${verdict.level})</summary>
<dl${id}>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${text(value)}</dd>`).join("")}</dl>
${evidence.length > 0 ? `<ul>${evidence.join("")}</ul>` : ""}
</details>`;
}

function text(value: string): string {
  return markupText(printable(value));
}

/** Of every page; `.pass` and the like colour what is never told by its colour alone. */
export const STYLE = `
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.15rem .6rem;text-align:left;border-bottom:1px solid #8884}
.pass{color:#2a8a3e}.fail,.setup-failed{color:#d0342c}.warn,.known-failure{color:#b06f00}.inconclusive{color:#9b4dca}
.unsupported{color:#888}.info{color:#2277aa}
dl[id]{scroll-margin-top:3rem}details:has(:target){outline:2px solid}
dt{float:left;clear:left;width:6rem;color:#888}dd{margin-left:6.5rem}code,pre,dd{overflow-wrap:anywhere;white-space:pre-wrap}
svg{display:block;width:100%;max-width:60rem;height:5rem;margin:.5rem 0}
svg .good{fill:#2a8a3e}svg .bad{fill:#d0342c}svg line{stroke:#888;stroke-dasharray:2 2}`;
