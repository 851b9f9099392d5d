import type {
  ActionRecord,
  BurstRecord,
  History,
  LedgerRow,
  LedgerView,
  LoadRecord,
  LogFileFacts,
  LogSnapshot,
  ProcessFacts,
  ProcessSample,
  RequestLogFacts,
  RequestLogView,
  StopRecord,
  TargetFacts,
  WriterFacts,
} from "../../spec/history.ts";
import type { Conversation } from "../../spec/observation.ts";
import type { Outcome } from "../../spec/outcome.ts";
import { ACTION_NAMES } from "../../spec/target-facts.ts";

/*
 * Hand-made histories for the tests of the checkers. Each builder takes the facts that matter to a test and fills in
 * those of a sound, uneventful run.
 */

const FIXTURE_WALL_MS = Date.parse("2026-11-22T10:00:00.000Z");

export type HistoryParts = Partial<Omit<History, "target">> & { readonly target?: Partial<TargetFacts> };

export function history({ target, ...parts }: HistoryParts = {}): History {
  return {
    scenario: "fixture/history",
    target: targetFacts(target),
    phase: "trial",
    startedWallMs: FIXTURE_WALL_MS,
    durationMs: 10_000,
    loads: [],
    actions: [],
    held: [],
    processes: { samples: [], cpuSeconds: 0, peakPssBytes: 0 },
    pauses: [],
    logs: [],
    bursts: [],
    observations: [],
    ...parts,
  };
}

function targetFacts(facts: Partial<TargetFacts> = {}): TargetFacts {
  return {
    name: "fixture",
    role: "app-server",
    site: "main",
    workers: 2,
    drainMs: 30_000,
    settleMs: 5_000,
    budget: { stallMs: 1_000, p99Ms: 500 },
    capabilities: [],
    actions: ACTION_NAMES,
    reloadSignal: "SIGHUP",
    ...facts,
  };
}

/** Rows are good answers of one millisecond, 10 ms apart, `r0`, `r1` ..., unless told otherwise. */
export function ledgerOf(rows: readonly Partial<LedgerRow>[]): LedgerView {
  const filled = rows.map(rowOf);
  return {
    size: filled.length,
    row(index) {
      const row = filled[index];
      if (!row) throw new RangeError(`expected a row below ${filled.length}, not ${index}`);
      return row;
    },
    rows: () => filled,
  };
}

/** A row that is not `ok` has no answer, unless told otherwise. */
export function rowOf(row: Partial<LedgerRow> = {}, index = 0): LedgerRow {
  const outcome = row.outcome ?? "ok";
  const intendedMs = row.intendedMs ?? 10 * index;
  const answered = outcome === "ok" || outcome.startsWith("status-");
  return {
    id: `r${index}`,
    method: "GET",
    connection: index,
    reused: false,
    intendedMs,
    sentMs: outcome === "unsent" ? Number.NaN : intendedMs,
    firstByteMs: answered ? intendedMs + 1 : Number.NaN,
    doneMs: intendedMs + 1,
    outcome,
    status: outcome === "ok" ? 200 : Number(/^status-(\d+)$/.exec(outcome)?.[1] ?? 0),
    generation: answered ? 1 : 0,
    worker: answered ? 100 : 0,
    closeAnnounced: false,
    ...row,
  };
}

/** Tally, number and times follow from `rows`. */
export function load(rows: readonly Partial<LedgerRow>[], facts: Partial<LoadRecord> = {}): LoadRecord {
  const ledger = ledgerOf(rows);
  const tally: Partial<Record<Outcome, number>> = {};
  let endedMs = 0;
  for (const { outcome, doneMs } of ledger.rows()) {
    tally[outcome] = (tally[outcome] ?? 0) + 1;
    if (doneMs > endedMs) endedMs = doneMs;
  }
  return {
    name: "load",
    door: "front",
    connections: "fresh",
    mode: "open-loop",
    startedMs: ledger.size > 0 ? ledger.row(0).intendedMs : 0,
    endedMs,
    intended: ledger.size,
    tally,
    lateness: { count: ledger.size, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 },
    scheduleKept: true,
    ledger,
    reconnects: 0,
    closes: { announced: 0, idle: 0 },
    ...facts,
  };
}

export type ActionParts = Partial<Omit<ActionRecord, "servedMs" | "settledMs">> & {
  readonly servedMs?: number | undefined;
  readonly settledMs?: number | undefined;
};

/** A reload at 1,000 ms that serves after 200 ms and settles after 500 ms; `undefined` for what never came. */
export function action(facts: ActionParts = {}): ActionRecord {
  const startedMs = facts.startedMs ?? 1_000;
  const {
    servedMs = "servedMs" in facts ? undefined : startedMs + 200,
    settledMs = "settledMs" in facts ? undefined : startedMs + 500,
    ...rest
  } = facts;
  return {
    kind: "reload",
    index: 1,
    startedMs,
    returnedMs: startedMs + 1,
    generation: 2,
    release: "ok",
    bootDelayMs: 0,
    settleDeadlineMs: startedMs + 5_000,
    ...rest,
    ...(servedMs !== undefined && { servedMs }),
    ...(settledMs !== undefined && { settledMs }),
  };
}

function processFacts(facts: Partial<ProcessFacts> = {}): ProcessFacts {
  return { pid: 100, ppid: 1, state: "S", startTicks: 1_000, command: "worker", ...facts };
}

export function sample(atMs: number, processes: readonly Partial<ProcessFacts>[]): ProcessSample {
  return { atMs, processes: processes.map(processFacts) };
}

/** `requests` requests of `records` records of `bytes` bytes each, ids `NAME-0`, `NAME-1` ... */
export function burst(name: string, plan: BurstParts): BurstRecord {
  const { requests, records, bytes, startedMs = 0, endedMs = 5_000 } = plan;
  return {
    name,
    requests: Array.from({ length: requests }, (_, index) => ({ id: `${name}-${index}`, records, bytes })),
    startedMs,
    endedMs,
  };
}

export interface BurstParts {
  /** How many there are. */
  readonly requests: number;
  readonly records: number;
  readonly bytes: number;
  readonly startedMs?: number;
  readonly endedMs?: number;
}

/** The log as a sound target would have left it after `bursts`: every request's records, whole. */
export function requestLogOf(
  bursts: readonly BurstRecord[],
  changes: Readonly<Record<string, Partial<RequestLogFacts> | undefined>> = {},
): RequestLogView {
  const facts = new Map<string, RequestLogFacts>();
  for (const { requests } of bursts) {
    for (const { id, records, bytes } of requests) {
      facts.set(id, { received: 1, answered: 1, records, recordBytes: records * bytes });
    }
  }
  for (const [id, change] of Object.entries(changes)) {
    if (change) facts.set(id, { received: 1, answered: 1, records: 0, recordBytes: 0, ...facts.get(id), ...change });
    else facts.delete(id);
  }
  return { size: facts.size, get: (id) => facts.get(id), ids: () => facts.keys() };
}

/** Numbers 0 to 999, each once. */
export function writer(facts: Partial<WriterFacts> = {}): WriterFacts {
  return {
    writer: "w1",
    pid: 100,
    generation: 1,
    first: 0,
    last: 999,
    records: 1_000,
    missing: [],
    missingCount: 0,
    repeated: [],
    repeatedCount: 0,
    outOfOrderCount: 0,
    ...facts,
  };
}

export function logFile(facts: Partial<LogFileFacts> = {}): LogFileFacts {
  return {
    name: "app.log",
    stream: "app.log",
    live: facts.name === undefined || facts.name === "app.log",
    compression: "none",
    diskBytes: 1_000,
    bytes: 1_000,
    records: 10,
    longestLineBytes: 100,
    startsAtBoundary: true,
    endsAtBoundary: true,
    firstWallMs: FIXTURE_WALL_MS,
    lastWallMs: FIXTURE_WALL_MS,
    ...facts,
  };
}

/** A live file and `backups` backups, each begun `everyMs` after the one before, the oldest at the history's start. */
export function rotatedFiles(backups: number, everyMs = 100, facts: Partial<LogFileFacts> = {}): LogFileFacts[] {
  return Array.from({ length: backups + 1 }, (_, index) => {
    const number = backups - index;
    const firstWallMs = FIXTURE_WALL_MS + index * everyMs;
    return logFile({
      name: number === 0 ? "app.log" : `app.log.${number}`,
      firstWallMs,
      lastWallMs: firstWallMs + everyMs - 1,
      ...facts,
      live: number === 0,
    });
  });
}

export type SnapshotParts = Partial<Omit<LogSnapshot, "damageCount" | "damage">> & {
  readonly damage?: readonly (Partial<LogSnapshot["damage"][number]> & Pick<LogSnapshot["damage"][number], "kind">)[];
};

/** Two writers of 1,000 records in one file; the damage is counted. */
export function snapshot({ damage = [], ...parts }: SnapshotParts = {}): LogSnapshot {
  const writers = parts.writers ?? [writer(), writer({ writer: "w2", pid: 101 })];
  const files = parts.files ?? [logFile()];
  const damageCount = { torn: 0, interleaved: 0, "bad-sum": 0, "not-a-record": 0, "counted-drop": 0 };
  for (const { kind } of damage) damageCount[kind]++;
  return {
    name: "log",
    atMs: 9_000,
    files,
    writers,
    requests: requestLogOf([]),
    damage: damage.map((one) => ({ file: "app.log", offset: 0, encoding: false, excerpt: "...", ...one })),
    damageCount,
    droppedRecords: 0,
    records: writers.reduce((sum, { records }) => sum + records, 0),
    anonymousRecords: 0,
    multibyteRecords: 0,
    texts: [],
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    ...parts,
  };
}

export function stop(facts: Partial<StopRecord> = {}): StopRecord {
  return { startedMs: 8_000, exitedMs: 8_500, exitCode: 0, signal: null, killed: false, leftOver: [], ...facts };
}

/** A connection of 500 ms on that asks at once and gets a 2xx answer ten milliseconds later, unless told otherwise. */
export function conversation(
  name: string,
  {
    askedMs,
    answeredMs,
    ...facts
  }: Partial<Conversation> & { readonly askedMs?: number; readonly answeredMs?: number } = {},
): Conversation {
  const connectedMs = facts.connectedMs ?? 500;
  const atMs = askedMs ?? connectedMs;
  const answer = { atMs: answeredMs ?? atMs + 10, text: "HTTP/1.1 200 OK\r\n\r\n" };
  return {
    kind: "conversation",
    name,
    at: "front",
    connectedMs,
    sent: [{ atMs, text: "GET / HTTP/1.1\r\n\r\n" }],
    received: [answer],
    receivedBytes: answer.text.length,
    end: "fin",
    endedMs: answer.atMs + 1,
    ...facts,
  };
}
