import type { RunRecord, TargetRecord } from "../harness/spec/run-record.ts";
import { VERDICTS, type Verdict, type VerdictKind } from "../harness/spec/verdict.ts";
import { conclusionOf, explained, matrixOf, targetConclusion, type RuleRow } from "./conclusion.ts";
import { printableLine } from "./printable.ts";
import { CONCLUSION_WORDS, GLYPHS, milliseconds, plural, seconds } from "./words.ts";

/** What passed comes first, whatever ranks below it. */
const COUNTED: readonly VerdictKind[] = ["pass", ...VERDICTS.filter((kind) => kind !== "pass")];

export interface TableStyle {
  /** ANSI colours; without them the table is plain text. */
  readonly color: boolean;
}

/** The end of a terminal run: rules by sites for each target, what failed and why, one closing line. */
export function renderTable(record: RunRecord, style: TableStyle): string {
  const paint = style.color ? colored : (_kind: string, text: string) => text;
  const blocks = record.targets.map((target) => renderTarget(target, paint).join("\n"));
  const conclusion = conclusionOf(record);
  const closing = `${CONCLUSION_WORDS[conclusion]} · ${tallyOf(record)} · ${seconds(record.run.durationMs)}`;
  return `${[...blocks, paint(conclusion, closing)].join("\n\n")}\n`;
}

type Paint = (kind: string, text: string) => string;

function renderTarget(target: TargetRecord, paint: Paint): string[] {
  const conclusion = targetConclusion(target);
  const title = [target.name, target.version].map((part) => printableLine(part)).filter((part) => part !== "");
  const head = `${title.join(" ")} (${target.role}): ${paint(conclusion, CONCLUSION_WORDS[conclusion])}`;
  const lines = [head];
  if (target.status !== "ok") lines.push(`  ${target.status}: ${printableLine(target.reason, 2000)}`);
  const { sites, rows } = matrixOf(target);
  if (rows.length > 0) lines.push(...grid(sites, rows, paint));
  const noteworthy = target.verdicts.filter(({ verdict }) => ["fail", "warn", "inconclusive"].includes(verdict));
  for (const { verdict, rules } of explained(noteworthy)) lines.push("", ...explain(verdict, rules, paint));
  return lines;
}

function grid(sites: readonly string[], rows: readonly RuleRow[], paint: Paint): string[] {
  const header = ["rule", "level", ...sites.map((site) => (site === "" ? "verdict" : printableLine(site, 30)))];
  const cells = rows.map((row) => [row.requirement, row.level, ...sites.map((site) => word(row.bySite.get(site)))]);
  const widths = header.map((title, column) =>
    Math.max(...[title, ...cells.map((row) => row[column] ?? "")].map((text) => text.length)),
  );
  const line = (texts: readonly string[], kinds: readonly (VerdictKind | undefined)[] = []): string =>
    `  ${texts
      .map((text, column) => {
        const kind = kinds[column - 2];
        const padded = text.padEnd(widths[column] ?? 0);
        return kind ? paint(kind, padded) : padded;
      })
      .join("  ")}`.trimEnd();
  return [
    line(header),
    ...rows.map((row, index) =>
      line(
        cells[index] ?? [],
        sites.map((site) => row.bySite.get(site)),
      ),
    ),
  ];
}

function word(kind: VerdictKind | undefined): string {
  return kind === undefined ? "" : `${GLYPHS[kind]} ${kind}`;
}

function explain(verdict: Verdict, rules: readonly string[], paint: Paint): string[] {
  const where = [verdict.scenario, verdict.site].filter((part) => part !== "").join(", ");
  const lines = [`  ${paint(verdict.verdict, word(verdict.verdict))} ${verdict.requirement} (${where})`];
  if (verdict.reason !== "") lines.push(`      ${printableLine(verdict.reason)}`);
  if (verdict.verdict !== "inconclusive") {
    lines.push(
      `      expected: ${printableLine(verdict.expected)}`,
      `      observed: ${printableLine(verdict.observed)}`,
    );
  }
  for (const { kind, atMs, text } of verdict.evidence.slice(0, 3)) {
    lines.push(`      ${kind}${atMs === undefined ? "" : ` at ${milliseconds(atMs)}`}: ${printableLine(text, 200)}`);
  }
  if (verdict.repeat !== "") lines.push(`      repeat: ${printableLine(verdict.repeat)}`);
  return lines;
}

function tallyOf(record: RunRecord): string {
  const kinds = record.targets.flatMap((target) => matrixOf(target).rows.flatMap(({ bySite }) => [...bySite.values()]));
  const parts = COUNTED.flatMap((kind) => {
    const amount = kinds.filter((other) => other === kind).length;
    return amount > 0 ? [`${amount} ${kind}`] : [];
  });
  return parts.length > 0 ? parts.join(", ") : plural(0, "verdict");
}

const COLORS: Readonly<Record<string, number>> = {
  pass: 32,
  conformant: 32,
  "known-failures-only": 33,
  fail: 31,
  "not-conformant": 31,
  "did-not-boot": 31,
  interrupted: 31,
  inconclusive: 35,
  warn: 33,
  "known-failure": 33,
  unsupported: 90,
  info: 36,
};

function colored(kind: string, text: string): string {
  const code = COLORS[kind];
  return code === undefined ? text : `\u001B[${code}m${text}\u001B[39m`;
}
