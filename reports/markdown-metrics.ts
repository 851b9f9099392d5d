import type { Quantiles } from "../harness/spec/history.ts";
import type { LoadMetrics, ReloadMetrics, ScenarioRecord, TargetRecord } from "../harness/spec/run-record.ts";
import { row, tableHead, text, type Section } from "./markdown-text.ts";
import { bytes, milliseconds, number, percent, seconds } from "./words.ts";

/** The figures of one target: losses, latencies, reloads, then what the run cost and logged. */
export function metricsSections(target: TargetRecord): Section[] {
  const { scenarios, name } = target;
  const table = (title: string, columns: readonly string[], blocks: readonly string[]): Section => ({
    head: `### ${text(name, 80)}: ${title}\n\n${tableHead(["scenario", ...columns])}`,
    blocks,
    tail: "\n",
  });
  return [
    table(
      "losses",
      ["load", "N", "lost", "95 % bound", "classes"],
      scenarios.flatMap((scenario) => scenario.metrics.loads.map((load) => lossRow(scenario, load))),
    ),
    table(
      "latency from the intended time",
      ["when", "N", "p50", "p90", "p99", "p99.9", "max"],
      scenarios.filter(({ metrics }) => metrics.loads.length > 0).flatMap(latencyRows),
    ),
    table(
      "reloads",
      ["N", "to first new (median, max)", "to last old", "settled", "longest gap", "reconnects"],
      scenarios.filter(({ metrics }) => metrics.reloads.length > 0).map(reloadRow),
    ),
    table("cost and log", ["time", "CPU", "peak PSS", "records", "records/s", "bytes/s"], scenarios.map(costRow)),
  ];
}

function label({ id, site }: ScenarioRecord): string {
  return text(site === "" ? id : `${id} (${site})`, 120);
}

function lossRow(scenario: ScenarioRecord, load: LoadMetrics): string {
  const classes = Object.entries(load.tally).filter(([, amount]) => amount !== undefined && amount > 0);
  return row([
    label(scenario),
    text(`${load.name}, ${load.door}, ${load.connections}`, 120),
    number(load.intended),
    number(load.lost),
    `< ${percent(load.bound95)}`,
    classes.map(([outcome, amount]) => `${text(outcome)} ${number(amount ?? 0)}`).join(", "),
  ]);
}

function latencyRows(scenario: ScenarioRecord): string[] {
  const { before, during, after } = scenario.metrics.latency;
  const named: readonly (readonly [string, Quantiles])[] = [
    ["before", before],
    ["during", during],
    ["after", after],
  ];
  return named
    .filter(([, { count }]) => count > 0)
    .map(([when, { count, p50, p90, p99, p999, max }]) =>
      row([label(scenario), when, number(count), ...[p50, p90, p99, p999, max].map(milliseconds)]),
    );
}

function reloadRow(scenario: ScenarioRecord): string {
  const { reloads, longestGapMs, reconnects } = scenario.metrics;
  const spread = (pick: (reload: ReloadMetrics) => number | null): string => medianAndMax(reloads.map(pick));
  return row([
    label(scenario),
    number(reloads.length),
    spread(({ firstNewMs }) => firstNewMs),
    spread(({ lastOldMs }) => lastOldMs),
    spread(({ settledMs }) => settledMs),
    milliseconds(longestGapMs),
    number(reconnects),
  ]);
}

/** Reloads of which the moment was not seen are counted, not left out in silence. */
function medianAndMax(values: readonly (number | null)[]): string {
  const seen = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const unseen = values.length - seen.length;
  const note = unseen > 0 ? `not seen in ${number(unseen)}` : "";
  if (seen.length === 0) return note;
  const middle = seen.length >> 1;
  const upper = seen[middle] ?? Number.NaN;
  const median = seen.length % 2 === 1 ? upper : ((seen[middle - 1] ?? Number.NaN) + upper) / 2;
  return [milliseconds(median), milliseconds(seen.at(-1) ?? null), note].filter((part) => part !== "").join(", ");
}

function costRow(scenario: ScenarioRecord): string {
  const { cpuSeconds, peakPssBytes, log } = scenario.metrics;
  return row([
    label(scenario),
    seconds(scenario.durationMs),
    seconds(cpuSeconds * 1000),
    peakPssBytes > 0 ? bytes(peakPssBytes) : "n/a",
    number(log.records),
    number(log.recordsPerSecond),
    `${bytes(log.bytesPerSecond)}/s`,
  ]);
}
