import type { History, LedgerRow, ProcessSample } from "../../spec/history.ts";
import type { Observation } from "../../spec/observation.ts";
import { action, history, type HistoryParts, load, sample } from "../testing/history-fixture.ts";

/* Ten seconds in which things go wrong, and a server that takes all of it as it should. */

/** When a release that fails is reloaded, the good one after it, and a worker is stopped and killed. */
export const BROKEN_MS = 1_000;
export const GOOD_MS = 3_000;
export const STOP_MS = 5_000;
export const KILL_MS = 5_200;
/** The killed worker, its first replacement, and the one that nothing happens to. */
export const VICTIM = 200;
export const REPLACEMENT = 210;
export const BYSTANDER = 201;

type Rows = readonly Partial<LedgerRow>[];
type Change = (row: Partial<LedgerRow>, index: number) => Partial<LedgerRow>;

/** A request every 20 ms: of generation 1 until the good release, which is generation 3, serves. */
export function steadyRows(change: Change = (row) => row, goodMs = GOOD_MS): Rows {
  return Array.from({ length: 450 }, (_, index) => {
    const intendedMs = index * 20;
    const isNew = intendedMs > goodMs + 200;
    return change({ intendedMs, worker: isNew ? BYSTANDER : 100, generation: isNew ? 3 : 1 }, index);
  });
}

/** Changes the rows that were intended in a span. */
export function rowsWith(fromMs: number, toMs: number, change: Partial<LedgerRow>, goodMs = GOOD_MS): Rows {
  return steadyRows((row) => {
    const intendedMs = row.intendedMs ?? 0;
    if (intendedMs < fromMs || intendedMs >= toMs) return row;
    const { worker: _worker, generation: _generation, ...place } = row;
    return change.outcome === undefined ? { ...row, ...change } : { ...place, ...change };
  }, goodMs);
}

export const BROKEN = action({
  index: 1,
  startedMs: BROKEN_MS,
  release: "fail",
  generation: 2,
  servedMs: undefined,
  settledMs: undefined,
});
export const GOOD = action({ index: 2, startedMs: GOOD_MS, generation: 3 });

export const STARTS = {
  kind: "starts",
  name: "broken-release",
  startedMs: BROKEN_MS,
  endedMs: GOOD_MS,
  count: 2,
  started: [{ atMs: BROKEN_MS + 30, pid: 150, command: "worker" }],
} as const satisfies Observation;

export const CRASHES = {
  ...STARTS,
  name: "crash-loop",
  startedMs: KILL_MS,
  endedMs: KILL_MS + 2_000,
  count: 5,
} as const satisfies Observation;

/** Looks at the main process; `missedAtMs` for one that did not find it. */
export function mainPoll(missedAtMs?: number): Observation {
  const misses = missedAtMs === undefined ? [] : [{ atMs: missedAtMs, text: "the main process 1 is gone" }];
  return { kind: "poll", name: "main", startedMs: 0, endedMs: 9_000, looks: 3, misses, missCount: misses.length };
}

export function signal(name: string, atMs: number, pid: number, sent: NodeJS.Signals): Observation {
  return { kind: "signal", name, atMs, pid, signal: sent, delivered: true };
}

export const DEATH: readonly Observation[] = [
  signal("stop", STOP_MS, VICTIM, "SIGSTOP"),
  signal("kill", KILL_MS, VICTIM, "SIGKILL"),
];

/** An answer under way; `endedMs` for one that the server ended. */
export function stream(worker: number, facts: { endedMs?: number; whole?: boolean } = {}): Observation {
  const { endedMs = Number.NaN, whole = false } = facts;
  const head = `HTTP/1.1 200 OK\r\nx-hupspec-worker: ${worker}\r\ntransfer-encoding: chunked\r\n\r\n`;
  const text = `${head}d\r\nchunk 1 of 20\n\r\n${whole ? "0\r\n\r\n" : ""}`;
  return {
    kind: "conversation",
    name: "in-hand",
    at: "front",
    connectedMs: 4_900,
    sent: [{ atMs: 4_900, text: "GET /stream" }],
    received: [{ atMs: 4_910, text }],
    receivedBytes: text.length,
    end: Number.isNaN(endedMs) ? "open" : "reset",
    endedMs,
  };
}

const PEOPLE = [{ pid: 1 }, { pid: 100, ppid: 1 }, { pid: 101, ppid: 1 }];
const NEW = [{ pid: 1 }, { pid: BYSTANDER, ppid: 1, startTicks: 2_000 }];

export const SAMPLES: readonly ProcessSample[] = [
  sample(0, PEOPLE),
  sample(BROKEN_MS + 40, [...PEOPLE, { pid: 150, ppid: 1, startTicks: 1_500 }]),
  sample(BROKEN_MS + 140, PEOPLE),
  sample(GOOD_MS + 100, [...PEOPLE, ...NEW, { pid: VICTIM, ppid: 1 }]),
  sample(GOOD_MS + 400, [...NEW, { pid: VICTIM, ppid: 1 }]),
  sample(KILL_MS + 40, NEW),
  sample(KILL_MS + 90, [...NEW, { pid: REPLACEMENT, ppid: 1 }]),
  sample(9_000, [...NEW, { pid: REPLACEMENT, ppid: 1 }]),
];

/** All of it, taken well; `rows` of a load of fresh connections, and what was seen besides. */
export function troubled(rows: Rows = steadyRows(), parts: HistoryParts = {}): History {
  return history({
    loads: [load(rows, { name: "fresh-front" })],
    actions: [BROKEN, GOOD],
    observations: [mainPoll(), STARTS, ...DEATH, CRASHES, stream(VICTIM, { endedMs: KILL_MS + 5 })],
    processes: { samples: SAMPLES, cpuSeconds: 1, peakPssBytes: 1 },
    ...parts,
  });
}
