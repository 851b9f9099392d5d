import { describe, expect, test } from "vitest";
import type { History, LedgerRow } from "../../spec/history.ts";
import type { Observation, SinkChange } from "../../spec/observation.ts";
import {
  burst,
  history,
  type HistoryParts,
  load,
  requestLogOf,
  rotatedFiles,
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

  const before = burst("unfrozen", { requests: 4, records: 256, bytes: 4_096 });
  const none = { requests: 20, records: 0, bytes: 0 };
  const sound = [asked, before, burst("o", none), burst("u", none)];
  const requests = requestLogOf(sound);
  const log = (changes: SnapshotParts = {}) => snapshot({ name: "resumed", atMs: 4_000, requests, ...changes });

  /** What was asked of the target from -5,000 ms on, with the reader at work. */
  const unfrozen = (ordinary: Partial<LedgerRow> = {}, ofBurst: Partial<LedgerRow> = {}) => [
    load(rows("u", -5_000, ordinary), { name: "unfrozen-front" }),
    load(
      before.requests.map(({ id }) => ({ id, intendedMs: -4_990, doneMs: -4_500, ...ofBurst })),
      { name: "burst-unfrozen-front" },
    ),
  ];
  const sinkAt = [change("freeze", 1_000), change("resume", 3_000)];

  /** The reader stood still from 1,000 to 3,000 ms while 4 MiB were written. */
  function stalled(parts: HistoryParts = {}, baseline = unfrozen()): History {
    const loads = [load(rows("o", 1_000), { name: "frozen-front" }), load(burstRows(), { name: "burst-frozen-front" })];
    return history({
      observations: sinkAt,
      bursts: [before, asked],
      logs: [log()],
      ...parts,
      loads: [...baseline, ...(parts.loads ?? loads)],
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
    const short = requestLogOf(sound, {
      "frozen-1": { records: 200 },
      "o-3": undefined,
    });
    expect(rule(stalled({ logs: [log({ requests: short })] }))).toMatchObject({ violations: 58 });
  });

  test("a record cut in two between files is no missing one; what is missing beyond those is seen", () => {
    const cut = rotatedFiles(13, 100, { startsAtBoundary: false, endsAtBoundary: false });
    const missing = (missingCount: number, files = cut) =>
      rule(stalled({ logs: [log({ writers: [writer({ missingCount })], droppedRecords: 4_976, files })] }));
    expect(missing(4_989).outcome).toBe("held");
    expect(missing(4_990)).toMatchObject({ outcome: "violated", violations: 1 });
    // The other half is nowhere: the record is lost.
    const halves = rotatedFiles(13, 100, { endsAtBoundary: false });
    expect(missing(4_989, halves)).toMatchObject({ outcome: "violated", violations: 13 });
  });

  /** Those that were under way when the suite began to stand still ended when it did no more. */
  const late = (id: string, doneMs: number): Partial<LedgerRow> => ({ id, intendedMs: 1_090, doneMs });

  test("a pause of the suite is not a stall of the target", () => {
    const pauses = [{ fromMs: 1_100, toMs: 3_010 }];
    const loads = [load([late("o-0", 3_020)]), load(burstRows({ intendedMs: 1_090, doneMs: 3_015 }))];
    expect(rule(stalled({ loads }))).toMatchObject({ outcome: "violated", violations: 5 });
    expect(rule(stalled({ loads, pauses }))).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("the suite itself did not get to run for 1900 ms"),
    });
    const hung = [load([{ ...late("o-0", 2_900), outcome: "connect-timeout" as const }])];
    expect(rule(stalled({ loads: [...hung, load(burstRows())], pauses })).outcome).toBe("inconclusive");
  });

  test("a pause of the suite does not excuse what waited longer, failed or was lost", () => {
    const short = [{ fromMs: 1_100, toMs: 1_600 }];
    const loads = [load([late("o-0", 3_020)]), load(burstRows())];
    expect(rule(stalled({ loads, pauses: short }))).toMatchObject({ outcome: "violated", violations: 1 });
    const pauses = [{ fromMs: 1_100, toMs: 3_010 }];
    const reset = [load([{ ...late("o-0", 2_900), outcome: "reset-before-answer-fresh" as const }]), load(burstRows())];
    expect(rule(stalled({ loads: reset, pauses }))).toMatchObject({ outcome: "violated", violations: 1 });
    const logs = [log({ writers: [writer({ missingCount: 7 })] })];
    expect(rule(stalled({ loads, pauses, logs }))).toMatchObject({ outcome: "violated", violations: 7 });
  });

  test("where the same work stalls with the reader at work, it is not the reader", () => {
    const loads = [load([late("o-0", 2_900)]), load(burstRows())];
    expect(rule(stalled({ loads }))).toMatchObject({ outcome: "violated", violations: 1 });
    const slow = unfrozen({ doneMs: -3_700 });
    expect(rule(stalled({ loads }, slow))).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("with the reader of the log at work 20 of 24 requests were held up as well"),
    });
    // A burst that takes longer by itself than the reader stood still would always be caught by his going on.
    expect(rule(stalled({ loads }, unfrozen({}, { doneMs: -2_900 }))).outcome).toBe("inconclusive");
    expect(rule(stalled({ loads }, [])).outcome).toBe("inconclusive");
    // A pause of the suite makes no baseline slow.
    const pauses = [{ fromMs: -4_800, toMs: -4_000 }];
    expect(rule(stalled({ loads, pauses }, unfrozen({ doneMs: -3_700 }))).outcome).toBe("violated");
  });

  test("records that may have been rotated away as configured are not known to be lost", () => {
    const target = { logLimits: { maxBytes: MIB, backups: 2 } };
    const writers = [writer({ first: 400, missingCount: 0 })];
    const gone = requestLogOf(sound, { "unfrozen-0": undefined, "o-3": undefined });
    const full = [log({ writers, requests: gone, files: rotatedFiles(2) })];
    expect(rule(stalled({ target, logs: full }))).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("may have been rotated away"),
    });
    const roomy = [log({ writers, requests: gone, files: rotatedFiles(1) })];
    expect(rule(stalled({ target, logs: roomy })).outcome).toBe("violated");
    expect(rule(stalled({ target, logs: [log({ files: rotatedFiles(2) })] })).outcome).toBe("held");
    const slow = [load([late("o-0", 2_900)]), load(burstRows())];
    expect(rule(stalled({ target, logs: full, loads: slow }))).toMatchObject({ outcome: "violated", violations: 1 });
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

  test("a process that spins on a machine that has no time for it is not at rest", () => {
    const starved = (cpuSeconds: number, queuedSeconds: number) => {
      const look = cpu(cpuSeconds) as Extract<Observation, { readonly kind: "cpu" }>;
      const busiest = { pid: 101, command: "worker", cpuSeconds, queuedSeconds };
      return [change("lose", 1_000), { ...look, busiest }, change("restore", 3_000)];
    };
    expect(rule(lost({ observations: starved(0.25, 0.7) }))).toEqual({
      outcome: "inconclusive",
      reason: expect.stringContaining("process 101 (worker) used 25 % of a core and waited for one 70 % of the time"),
    });
    expect(rule(lost({ observations: starved(0.02, 0.6) })).outcome).toBe("held");
    expect(rule(lost({ observations: starved(0.25, 0) })).outcome).toBe("held");
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
