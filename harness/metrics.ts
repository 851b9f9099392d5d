import { reloads, reloadWindows, touches, type ReloadWindow } from "./checkers/reload-windows.ts";
import { Histogram, quantilesOf } from "./client/histogram.ts";
import { longestGapMs, timelineOf } from "./client/timeline.ts";
import { logMetrics } from "./log-metrics.ts";
import { bound95 } from "./spec/bound95.ts";
import type { ActionRecord, History, LedgerRow, LoadRecord } from "./spec/history.ts";
import { LIMITS } from "./spec/limits.ts";
import type { LoadMetrics, ReloadMetrics, ScenarioMetrics } from "./spec/run-record.ts";

/** Figures of one trial, for people and for comparisons; no rule is decided by them. */
export function metricsOf(history: History): ScenarioMetrics {
  const windows = reloadWindows(history);
  const firstMs = windows[0]?.fromMs ?? Number.POSITIVE_INFINITY;
  const isDuring = (row: LedgerRow): boolean => touches(row, windows) !== undefined;
  const open = history.loads.filter(({ mode }) => mode === "open-loop");
  // Where nothing ran at a fixed rate, the closed loops are all there is to look at.
  const paced = open.length > 0 ? open : history.loads;
  return {
    loads: history.loads.map((load) => loadMetrics(load, undisturbed(history, windows))),
    reloads: reloads(history).map((action) => reloadMetrics(history, action)),
    latency: {
      before: latencyOf(paced, (row) => !isDuring(row) && row.intendedMs < firstMs),
      during: latencyOf(paced, isDuring),
      after: latencyOf(paced, (row) => !isDuring(row) && row.intendedMs >= firstMs),
    },
    longestGapMs: Math.max(0, ...paced.map((load) => longestGapMs(load.ledger.rows(), load.startedMs, load.endedMs))),
    reconnects: history.loads.reduce((sum, { reconnects }) => sum + reconnects, 0),
    cpuSeconds: history.processes.cpuSeconds,
    peakPssBytes: history.processes.peakPssBytes,
    log: logMetrics(history),
  };
}

const NOTHING = quantilesOf([]);

/** Of a scenario that was not replayed. */
export const NO_METRICS: ScenarioMetrics = {
  loads: [],
  reloads: [],
  latency: { before: NOTHING, during: NOTHING, after: NOTHING },
  longestGapMs: 0,
  reconnects: 0,
  cpuSeconds: 0,
  peakPssBytes: 0,
  log: { records: 0, bytes: 0, recordsPerSecond: 0, bytesPerSecond: 0, expected: 0, lost: 0 },
};

/** Reloads before and during which nothing else was done to the target: what is lost then is theirs alone. */
function undisturbed({ actions, observations }: History, windows: readonly ReloadWindow[]): readonly ReloadWindow[] {
  const others = [
    ...actions.flatMap(({ kind, release, startedMs }) => (kind === "reload" && release === "ok" ? [] : [startedMs])),
    ...observations.flatMap((one) => (one.kind === "signal" ? [one.atMs] : [])),
  ];
  const firstMs = Math.min(Number.POSITIVE_INFINITY, ...others);
  return windows.filter(({ action, toMs }) => action.error === undefined && toMs < firstMs);
}

function loadMetrics(load: LoadRecord, windows: readonly ReloadWindow[]): LoadMetrics {
  const lost = load.intended - (load.tally.ok ?? 0);
  return {
    name: load.name,
    door: load.door,
    connections: load.connections,
    intended: load.intended,
    tally: load.tally,
    lost,
    bound95: bound95(lost, load.intended),
    duringReloads: countsIn(load, windows),
    sessions: load.connections === "kept-alive" ? Math.max(0, connectionsOf(load) - load.reconnects) : 0,
    reconnects: load.reconnects,
    latenessP99Ms: load.lateness.p99,
    latencyHdr: hdrOf(load),
  };
}

function countsIn({ ledger }: LoadRecord, windows: readonly ReloadWindow[]): LoadMetrics["duringReloads"] {
  let intended = 0;
  let lost = 0;
  for (const row of ledger.rows()) {
    // What the suite could not send says nothing of the target.
    if (row.outcome === "unsent" || touches(row, windows) === undefined) continue;
    intended++;
    if (row.outcome !== "ok") lost++;
  }
  return { intended, lost };
}

function connectionsOf({ ledger }: LoadRecord): number {
  const connections = new Set<number>();
  for (const { connection } of ledger.rows()) connections.add(connection);
  return connections.size;
}

function hdrOf(load: LoadRecord): string {
  const histogram = new Histogram();
  for (const latencyMs of latencies([load])) histogram.record(latencyMs);
  return histogram.toHdrBase64();
}

function latencyOf(
  loads: readonly LoadRecord[],
  include: (row: LedgerRow) => boolean,
): ScenarioMetrics["latency"]["before"] {
  return quantilesOf(latencies(loads, include));
}

/** Of answered requests: what is refused at once would pass for a quick answer. */
function* latencies(loads: readonly LoadRecord[], include: (row: LedgerRow) => boolean = () => true): Iterable<number> {
  for (const load of loads) {
    for (const row of load.ledger.rows()) {
      if (row.outcome === "ok" && include(row)) yield row.doneMs - row.intendedMs;
    }
  }
}

/** A second of the timeline is drawn after the signal. */
const BUCKETS_BEFORE = 10;
const BUCKETS_AFTER = Math.ceil(1_000 / LIMITS.timelineBucketMs);

function reloadMetrics(history: History, action: ActionRecord): ReloadMetrics {
  const next = reloads(history).find(({ index }) => index === action.index + 1);
  const untilMs = next?.startedMs ?? Number.POSITIVE_INFINITY;
  let firstNewMs = Number.POSITIVE_INFINITY;
  let lastOldMs = Number.NEGATIVE_INFINITY;
  for (const load of history.loads) {
    for (const row of load.ledger.rows()) {
      if (row.outcome !== "ok" || row.doneMs < action.startedMs || row.doneMs > untilMs) continue;
      if (row.generation >= action.generation) firstNewMs = Math.min(firstNewMs, row.doneMs);
      else lastOldMs = Math.max(lastOldMs, row.doneMs);
    }
  }
  const since = (atMs: number | undefined): number | null =>
    atMs === undefined || !Number.isFinite(atMs) ? null : atMs - action.startedMs;
  const timeline = timelineOf(allRows(history.loads), {
    aroundMs: action.startedMs,
    bucketsBefore: BUCKETS_BEFORE,
    bucketsAfter: BUCKETS_AFTER,
  });
  return {
    index: action.index,
    firstNewMs: since(firstNewMs),
    lastOldMs: since(lastOldMs),
    settledMs: since(action.settledMs),
    held: history.held.filter((one) => one.action === action.index).length,
    timeline,
  };
}

function* allRows(loads: readonly LoadRecord[]): Iterable<LedgerRow> {
  for (const load of loads) yield* load.ledger.rows();
}
