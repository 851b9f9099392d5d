import { bound95 } from "../../harness/spec/bound95.ts";
import type { LoadMetrics, ScenarioMetrics, ScenarioRecord, TargetRecord } from "../../harness/spec/run-record.ts";

/** What one target showed over all of its scenarios, in figures that can be held against those of another. */
export interface KeyFigures {
  /** Requests under way during reloads that nothing else disturbed, on fresh and on kept-alive connections. */
  readonly fresh: Loss;
  readonly keptAlive: Loss;
  /** From the signal until the old processes are gone, of reloads across which no request was held; null where none was seen. */
  readonly reloadMs: Median | null;
  /** Of the scenario with the median ratio: p99 latency inside the reload windows over that before them. */
  readonly p99: {
    readonly ratio: number;
    readonly beforeMs: number;
    readonly duringMs: number;
    readonly scenarios: number;
  } | null;
  /** How often a reload makes a kept-alive client connect again: 1 is once per reload and connection. */
  readonly reconnects: { readonly perConnection: number; readonly reloads: number } | null;
  readonly logRecords: Loss;
}

export interface Loss {
  readonly expected: number;
  readonly lost: number;
  /** Upper end of the 95 % interval of the loss rate. */
  readonly bound95: number;
}

export interface Median {
  readonly median: number;
  readonly count: number;
}

/** A p99 of fewer answers is its maximum. */
const ENOUGH_FOR_P99 = 100;

export function keyFiguresOf(target: TargetRecord): KeyFigures {
  const metrics = target.scenarios
    .filter((scenario) => wasDecided(scenario, target))
    .map((scenario) => scenario.metrics);
  const loads = metrics.flatMap((one) => one.loads);
  const during = (connections: string): Loss =>
    lossOf(
      loads
        .filter((load) => load.connections === connections)
        .map(({ duringReloads }) => ({ ...duringReloads, expected: duringReloads.intended })),
    );
  return {
    fresh: during("fresh"),
    keptAlive: during("kept-alive"),
    reloadMs: reloadTime(metrics),
    p99: p99Ratio(metrics),
    reconnects: reconnectRate(metrics),
    logRecords: lossOf(metrics.map(({ log }) => log)),
  };
}

/** Where a target went wrong without any reload, or the machine was too busy, its figures say nothing of reloads. */
function wasDecided({ id, site }: ScenarioRecord, { verdicts }: TargetRecord): boolean {
  return verdicts.some(
    ({ scenario, site: place, verdict }) =>
      scenario === id && place === site && verdict !== "inconclusive" && verdict !== "unsupported",
  );
}

function lossOf(parts: readonly { readonly expected: number; readonly lost: number }[]): Loss {
  const expected = sum(parts.map((part) => part.expected));
  const lost = sum(parts.map((part) => part.lost));
  return { expected, lost, bound95: bound95(lost, expected) };
}

function reloadTime(metrics: readonly ScenarioMetrics[]): Median | null {
  const reloads = metrics.flatMap((one) => one.reloads).filter(({ held }) => held === 0);
  const seen = reloads.flatMap(({ settledMs }) => settledMs ?? []).toSorted((a, b) => a - b);
  const median = middleOf(seen);
  return median === undefined ? null : { median, count: seen.length };
}

function p99Ratio(metrics: readonly ScenarioMetrics[]): KeyFigures["p99"] {
  const ratios = metrics
    .filter(
      ({ latency: { before, during } }) => Math.min(before.count, during.count) >= ENOUGH_FOR_P99 && before.p99 > 0,
    )
    .map(({ latency: { before, during } }) => ({
      ratio: during.p99 / before.p99,
      beforeMs: before.p99,
      duringMs: during.p99,
    }))
    .toSorted((a, b) => a.ratio - b.ratio);
  const middle = middleOf(ratios);
  return middle === undefined ? null : { ...middle, scenarios: ratios.length };
}

function reconnectRate(metrics: readonly ScenarioMetrics[]): KeyFigures["reconnects"] {
  const counted = metrics
    .map(({ loads, reloads }) => ({ kept: loads.filter(isKeptDuringReloads), reloads: reloads.length }))
    .filter(({ kept, reloads }) => kept.length > 0 && reloads > 0);
  const chances = sum(counted.map(({ kept, reloads }) => reloads * sum(kept.map(({ sessions }) => sessions))));
  if (chances === 0) return null;
  const reconnects = sum(counted.flatMap(({ kept }) => kept.map((load) => load.reconnects)));
  return { perConnection: reconnects / chances, reloads: sum(counted.map(({ reloads }) => reloads)) };
}

function isKeptDuringReloads({ sessions, duringReloads }: LoadMetrics): boolean {
  return sessions > 0 && duringReloads.intended > 0;
}

/** The lower of the two where there are two: a value that was measured, not one between. */
function middleOf<T>(sorted: readonly T[]): T | undefined {
  return sorted[(sorted.length - 1) >> 1];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
