import type { RunRecord, TargetRecord } from "../harness/spec/run-record.ts";
import type { Verdict } from "../harness/spec/verdict.ts";
import { conclusionOf, explained, matrixOf, targetConclusion } from "./conclusion.ts";
import { metricsSections } from "./markdown-metrics.ts";
import { code, linkedText, row, tableHead, text, type Section } from "./markdown-text.ts";
import { CONCLUSION_WORDS, GLYPHS, milliseconds, number, percent, seconds } from "./words.ts";

/** A comment on a pull request holds 65,536 characters at most; the rest is room for what others put around it. */
const LIMIT_BYTES = 60_000;

/**
 * `summary.md`: verdicts by rule and site, what failed with its evidence, metrics. Always below 60 kB: what does not
 * fit is counted and left to `report.json`, each section within a share of its own, so that no long list of failures
 * pushes the verdicts out.
 */
export function renderMarkdown(record: RunRecord): string {
  const shares: readonly (readonly [number, readonly Section[]])[] = [
    [0.05, [headSection(record)]],
    [0.4, record.targets.map(verdictSection)],
    [0.3, [detailSection("Not passed", record, ["fail", "inconclusive", "warn"])]],
    [0.05, [detailSection("Known failures", record, ["known-failure"])]],
    [0.2, record.targets.flatMap(metricsSections)],
  ];
  let spare = 0;
  let document = "";
  for (const [share, sections] of shares) {
    const room = LIMIT_BYTES * share + spare;
    const part = fit(sections, room);
    spare = room - Buffer.byteLength(part);
    document += part;
  }
  return document;
}

/** Writes as many blocks as have room, then says how many were left out. */
function fit(sections: readonly Section[], roomBytes: number): string {
  const noteBytes = 120;
  let written = "";
  let left = roomBytes - noteBytes;
  let omitted = 0;
  for (const { head, blocks, tail } of sections) {
    if (blocks.length === 0) continue;
    const frame = Buffer.byteLength(head) + Buffer.byteLength(tail);
    let body = "";
    let kept = 0;
    for (const block of blocks) {
      const size = Buffer.byteLength(block);
      if (frame + Buffer.byteLength(body) + size > left) break;
      body += block;
      kept++;
    }
    omitted += blocks.length - kept;
    if (kept === 0) continue;
    written += head + body + tail;
    left -= frame + Buffer.byteLength(body);
  }
  return omitted === 0 ? written : `${written}_${number(omitted)} more in \`report.json\`._\n\n`;
}

function headSection(record: RunRecord): Section {
  const { run, environment: env } = record;
  const facts = [
    `Run ${code(run.id)} of hupspec ${text(run.hupspecVersion)} (catalogue ${run.catalogueVersion}), ${text(run.startedAt)}, ${seconds(run.durationMs)}`,
    code(run.command),
    `${text(env.platform)}, kernel ${text(env.kernel)}, ${number(env.cores)} × ${text(env.cpu)}, Node ${text(env.node)}, ` +
      `${code("tcp_migrate_req")} ${env.tcp_migrate_req ?? "absent"}`,
  ];
  return {
    head: `# hupspec: ${CONCLUSION_WORDS[conclusionOf(record)]}\n\n`,
    blocks: facts.map((fact) => `- ${fact}\n`),
    tail: "\n",
  };
}

function verdictSection(target: TargetRecord): Section {
  const { sites, rows } = matrixOf(target);
  const title = `## ${[target.name, target.version]
    .filter((part) => part !== "")
    .map((part) => text(part, 80))
    .join(" ")}`;
  const head = `${title}: ${CONCLUSION_WORDS[targetConclusion(target)]}\n\n`;
  const reason = target.status === "ok" ? "" : `**${target.status}**: ${text(target.reason, 1000)}\n\n`;
  if (rows.length === 0) return { head, blocks: [reason || "No rule was judged.\n\n"], tail: "" };
  return {
    head:
      head + reason + tableHead(["rule", "level", ...sites.map((site) => (site === "" ? "verdict" : text(site, 60)))]),
    blocks: rows.map(({ requirement, level, bySite }) =>
      row([
        code(requirement),
        level,
        ...sites.map((site) => {
          const kind = bySite.get(site);
          return kind === undefined ? "" : `${GLYPHS[kind]} ${kind}`;
        }),
      ]),
    ),
    tail: "\n",
  };
}

/** Worst kinds first, in the order given: they are what must not be cut off. */
function detailSection(title: string, record: RunRecord, kinds: readonly Verdict["verdict"][]): Section {
  const blocks = kinds.flatMap((kind) =>
    record.targets.flatMap((target) =>
      explained(target.verdicts.filter(({ verdict }) => verdict === kind)).map(({ verdict, rules }) =>
        detail(target.name, verdict, rules),
      ),
    ),
  );
  return { head: `## ${title}\n\n`, blocks, tail: "" };
}

/** A verdict with all that explains it, under a heading; `rules` are those that share it. */
export function detail(target: string, verdict: Verdict, rules: readonly string[]): string {
  const where = [target, verdict.scenario, verdict.site].filter((part) => part !== "").map((part) => text(part, 100));
  const trials =
    verdict.trials > 0 ? ` (${number(verdict.trials)} trials, rate < ${percent(verdict.bound95)} at 95 %)` : "";
  const lines = [
    `### ${GLYPHS[verdict.verdict]} ${verdict.verdict}: ${rules.map((rule) => code(rule)).join(", ")} (${verdict.level})`,
    "",
    where.join(" · "),
    "",
  ];
  if (verdict.reason !== "") lines.push(`- reason: ${linkedText(verdict.reason, 1_000)}`);
  lines.push(`- expected: ${text(verdict.expected)}`, `- observed: ${text(verdict.observed)}${trials}`);
  for (const { kind, atMs, text: excerpt } of verdict.evidence) {
    lines.push(`- ${kind}${atMs === undefined ? "" : ` at ${milliseconds(atMs)}`}: ${code(excerpt)}`);
  }
  if (verdict.repeat !== "") lines.push(`- repeat: ${code(verdict.repeat)}`);
  return `${lines.join("\n")}\n\n`;
}
