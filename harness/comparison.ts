import { bound95 } from "./spec/bound95.ts";
import type { RunRecord, ScenarioMetrics } from "./spec/run-record.ts";

/** What one subject showed over all of its runs: losses are summed, figures are medians. */
export interface Comparison {
  readonly subject: string;
  readonly runs: number;
  readonly requests: number;
  readonly lost: number;
  /** Upper end of the 95 % interval of the loss rate. */
  readonly bound95: number;
  /** From the signal to the first answer of the new code, and to the end of the last old process; null if never seen. */
  readonly firstNewMs: number | null;
  readonly settledMs: number | null;
  readonly steadyP99Ms: number | null;
  readonly duringP99Ms: number | null;
  readonly longestGapMs: number | null;
  readonly reconnects: number | null;
  readonly cpuSeconds: number | null;
  readonly peakPssMiB: number | null;
}

/** Puts the runs of each subject together. Throws if a run measured nothing, for a comparison with holes is none. */
export function compareRuns(runs: ReadonlyMap<string, readonly RunRecord[]>): readonly Comparison[] {
  return [...runs].map(([subject, records]) => summarize(subject, records));
}

function summarize(subject: string, records: readonly RunRecord[]): Comparison {
  const measured = records.flatMap(({ targets }) =>
    targets.flatMap(({ scenarios }) => scenarios.map(({ metrics }) => metrics)),
  );
  const loads = measured.flatMap((metrics) => metrics.loads);
  const reloads = measured.flatMap((metrics) => metrics.reloads);
  if (loads.length === 0 || reloads.length === 0)
    throw new Error(`${subject}: expected a run with load and reloads, there is none`);
  const requests = loads.reduce((sum, { intended }) => sum + intended, 0);
  const lost = loads.reduce((sum, load) => sum + load.lost, 0);
  const of = (pick: (metrics: ScenarioMetrics) => number): number | null => median(measured.map(pick));
  return {
    subject,
    runs: records.length,
    requests,
    lost,
    bound95: bound95(lost, requests),
    firstNewMs: median(reloads.map(({ firstNewMs }) => firstNewMs)),
    settledMs: median(reloads.map(({ settledMs }) => settledMs)),
    steadyP99Ms: of(({ latency }) => latency.before.p99),
    duringP99Ms: of(({ latency }) => latency.during.p99),
    longestGapMs: of((metrics) => metrics.longestGapMs),
    reconnects: of((metrics) => metrics.reconnects),
    cpuSeconds: of((metrics) => metrics.cpuSeconds),
    peakPssMiB: of((metrics) => metrics.peakPssBytes / 1024 ** 2),
  };
}

/** Median of the values that there are; null if there are none. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const middle = known.length / 2;
  if (known.length === 0) return null;
  const [low, high] = [known[Math.ceil(middle) - 1] ?? 0, known[Math.floor(middle)] ?? 0];
  return (low + high) / 2;
}

/** The order of one round: turned by one place from round to round, so that none always goes first. */
export function orderOf(subjects: readonly string[], round: number): readonly string[] {
  const start = round % subjects.length;
  return [...subjects.slice(start), ...subjects.slice(0, start)];
}

const COLUMNS: readonly (readonly [title: string, cell: (row: Comparison) => string])[] = [
  ["strategy", ({ subject }) => subject],
  ["requests", ({ requests }) => requests.toLocaleString("en")],
  ["lost", ({ lost }) => lost.toLocaleString("en")],
  ["loss rate below (95 %)", ({ bound95 }) => `${(bound95 * 100).toPrecision(2)} %`],
  ["first new answer", ({ firstNewMs }) => ms(firstNewMs)],
  ["old gone", ({ settledMs }) => ms(settledMs)],
  ["p99 steady", ({ steadyP99Ms }) => ms(steadyP99Ms)],
  ["p99 during", ({ duringP99Ms }) => ms(duringP99Ms)],
  ["longest gap", ({ longestGapMs }) => ms(longestGapMs)],
  ["reconnects", ({ reconnects }) => number(reconnects)],
  ["CPU", ({ cpuSeconds }) => (cpuSeconds === null ? "-" : `${cpuSeconds.toFixed(2)} s`)],
  ["peak PSS", ({ peakPssMiB }) => (peakPssMiB === null ? "-" : `${peakPssMiB.toFixed(0)} MiB`)],
];

/** A Markdown table, columns as wide as their widest cell. */
export function renderComparison(rows: readonly Comparison[]): string {
  const cells = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`);
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return `${lines.join("\n")}\n`;
}

function ms(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(1)} ms`;
}

function number(value: number | null): string {
  return value === null ? "-" : String(value);
}
