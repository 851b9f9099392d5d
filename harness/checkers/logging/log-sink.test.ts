import { describe, expect, test } from "vitest";
import type { History, LedgerRow } from "../../spec/history.ts";
import type { Observation, SinkChange } from "../../spec/observation.ts";
import {
  burst,
  history,
  type HistoryParts,
  load,
  requestLogOf,
  sample,
  snapshot,
  type SnapshotParts,
  writer,
} from "../testing/history-fixture.ts";
import { logSink } from "./log-sink.ts";

const MIB = 1024 ** 2;

const change = (name: SinkChange["name"], atMs: number, done = true, logBytes = 1_000): SinkChange => ({
  kind: "sink",
  name,
  atMs,
  pid: 50,
  done,
  logBytes,
});

const cpu = (cpuSeconds: number): Observation => ({
  kind: "cpu",
  name: "reader-lost",
  startedMs: 1_700,
  endedMs: 2_700,
  cpuSeconds,
  busiest: { pid: 101, command: "worker", cpuSeconds },
});

/** Ordinary requests every 10 ms from `fromMs` on. */
const rows = (name: string, fromMs: number, facts: Partial<LedgerRow> = {}): Partial<LedgerRow>[] =>
  Array.from({ length: 20 }, (_, index) => ({ id: `${name}-${index}`, intendedMs: fromMs + 10 * index, ...facts }));

describe("logging/stalled-sink", () => {
  const rule = logSink["logging/stalled-sink"];
  const asked = burst("frozen", { requests: 4, records: 256, bytes: 4_096 });
  const burstRows = (facts: Partial<LedgerRow> = {}): Partial<LedgerRow>[] =>
    asked.requests.map(({ id }) => ({ id, intendedMs: 1_010, doneMs: 1_900, ...facts }));

  const requests = requestLogOf([asked, burst("o", { requests: 20, records: 0, bytes: 0 })]);
  const log = (changes: SnapshotParts = {}) => snapshot({ name: "resumed", atMs: 4_000, requests, ...changes });

  /** The reader stood still from 1,000 to 3,000 ms while 4 MiB were written. */
  function stalled(parts: HistoryParts = {}): History {
    return history({
      observations: [change("freeze", 1_000), change("resume", 3_000)],
      bursts: [asked],
      loads: [load(rows("o", 1_000), { name: "frozen-front" }), load(burstRows(), { name: "burst-frozen-front" })],
      logs: [log()],
      ...parts,
    });
  }

  test("holds if all were answered meanwhile, and nothing is missing or all that is missing was counted", () => {
    expect(rule(stalled())).toMatchObject({ outcome: "held", trials: 24 });
    const writers = [writer({ missingCount: 7 }), writer({ writer: "w2", missingCount: 5 })];
    expect(rule(stalled({ logs: [log({ writers, droppedRecords: 12 })] })).outcome).toBe("held");
  });

  test("sees an ordinary request that had to wait for the reader", () => {
    const slow = [...rows("o", 1_000).slice(1), { id: "o-0", intendedMs: 1_500, doneMs: 3_010, worker: 101 }];
    const finding = rule(stalled({ loads: [load(slow), load(burstRows())] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(JSON.stringify(finding)).toContain("request o-0 (pid 101): ok after 1510 ms while the reader");
  });

  test("sees a request that failed meanwhile, and one that never ended", () => {
    const bad: Partial<LedgerRow>[] = [
      { id: "reset", intendedMs: 1_200, outcome: "reset-before-answer-fresh" },
      { id: "hung", intendedMs: 1_200, outcome: "hung", doneMs: 16_200 },
    ];
    expect(rule(stalled({ loads: [load(bad), load(burstRows())] }))).toMatchObject({ violations: 2 });
  });

  test("sees requests for records that were answered only when the reader went on", () => {
    const finding = rule(stalled({ loads: [load(rows("o", 1_000)), load(burstRows({ doneMs: 3_050 }))] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 4 });
  });

  test("sees missing records that the log does not tell of", () => {
    const writers = [writer({ missingCount: 7, gapAt: { file: "app.log", offset: 99 } })];
    const finding = rule(stalled({ logs: [log({ writers, droppedRecords: 1 })] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 6 });
    expect(JSON.stringify(finding)).toContain("7 records missing, the first before app.log at byte 99");
  });

  test("sees what is missing at the end of a writer's sequence, where there is no gap", () => {
    const short = requestLogOf([asked, burst("o", { requests: 20, records: 0, bytes: 0 })], {
      "frozen-1": { records: 200 },
      "o-3": undefined,
    });
    expect(rule(stalled({ logs: [log({ requests: short })] }))).toMatchObject({ violations: 58 });
  });

  test("a small burst, a reader that could not be held up, or no log decide nothing", () => {
    const small = burst("frozen", { requests: 4, records: 1, bytes: 100 });
    expect(rule(stalled({ bursts: [small] })).outcome).toBe("inconclusive");
    const observations = [change("freeze", 1_000, false), change("resume", 3_000, false)];
    expect(rule(stalled({ observations })).outcome).toBe("inconclusive");
    const growing = [change("freeze", 1_000), change("resume", 3_000, true, 5 * MIB)];
    expect(rule(stalled({ observations: growing })).outcome).toBe("inconclusive");
    expect(rule(stalled({ observations: [] })).outcome).toBe("inconclusive");
    expect(rule(stalled({ logs: [] })).outcome).toBe("inconclusive");
  });
});

describe("logging/lost-reader", () => {
  const rule = logSink["logging/lost-reader"];
  const processes = [{ pid: 1 }, { pid: 100, ppid: 1 }, { pid: 101, ppid: 1 }];
  const asked = burst("restored", { requests: 20, records: 0, bytes: 0 });

  /** No reader from 1,000 to 3,000 ms. */
  function lost(parts: HistoryParts = {}): History {
    return history({
      observations: [change("lose", 1_000), cpu(0.02), change("restore", 3_000)],
      loads: [
        load(rows("lost", 1_000), { name: "lost-front" }),
        load(rows("restored", 3_100), { name: "restored-front" }),
      ],
      processes: { samples: [sample(0, processes), sample(5_000, processes)], cpuSeconds: 1, peakPssBytes: 1 },
      logs: [snapshot({ name: "restored", atMs: 4_000, requests: requestLogOf([asked]) })],
      ...parts,
    });
  }

  test("holds if nobody ended or span, and the new reader got all", () => {
    expect(rule(lost())).toMatchObject({ outcome: "held", trials: 40 });
  });

  test("sees a process that ended of it, replaced or not", () => {
    const samples = [
      sample(0, processes),
      sample(1_400, processes.slice(0, 2)),
      sample(5_000, [...processes.slice(0, 2), { pid: 102 }]),
    ];
    const finding = rule(lost({ processes: { samples, cpuSeconds: 1, peakPssBytes: 1 } }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(JSON.stringify(finding)).toContain("process 101 (worker) ended after the reader of the log was lost");
    const zombie = [sample(0, processes), sample(5_000, [...processes.slice(0, 2), { pid: 101, state: "Z" }])];
    expect(rule(lost({ processes: { samples: zombie, cpuSeconds: 1, peakPssBytes: 1 } })).outcome).toBe("violated");
  });

  test("sees a process that spins", () => {
    const observations = [change("lose", 1_000), cpu(0.97), change("restore", 3_000)];
    const finding = rule(lost({ observations }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(JSON.stringify(finding)).toContain(
      "97 % of a core used while nothing was asked of the target, 0.97 s of it by process 101",
    );
  });

  test("sees requests that were not answered, without a reader or after it", () => {
    const refused = rows("x", 1_500, { outcome: "refused" });
    expect(rule(lost({ loads: [load(refused, { name: "lost-front" })] }))).toMatchObject({ violations: 20 });
    const loads = [
      load(rows("lost", 1_000)),
      load(rows("x", 3_100, { outcome: "refused" }), { name: "restored-front" }),
    ];
    expect(rule(lost({ loads }))).toMatchObject({ violations: 20 });
  });

  test("sees answers after which the new reader got no records, or one of the two", () => {
    const requests = requestLogOf([asked], { "restored-3": undefined, "restored-4": { received: 0 } });
    const finding = rule(lost({ logs: [snapshot({ atMs: 4_000, requests })] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 2 });
  });

  test("nobody who was lost, nothing asked, not watched, or not read decides nothing", () => {
    expect(rule(lost({ observations: [] })).outcome).toBe("inconclusive");
    const unlost = [change("lose", 1_000, false), cpu(0), change("restore", 3_000)];
    expect(rule(lost({ observations: unlost })).outcome).toBe("inconclusive");
    expect(rule(lost({ observations: [change("lose", 1_000), change("restore", 3_000)] })).outcome).toBe(
      "inconclusive",
    );
    expect(rule(lost({ loads: [] })).outcome).toBe("inconclusive");
    expect(rule(lost({ logs: [] })).outcome).toBe("inconclusive");
  });
});
