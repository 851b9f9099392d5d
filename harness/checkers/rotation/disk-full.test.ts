import { expect, test } from "vitest";
import type { LedgerRow, LogFileFacts } from "../../spec/history.ts";
import type { Observation } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { diskFull } from "./disk-full.ts";
import {
  burst,
  history,
  load,
  requestLogOf,
  rotatedFiles,
  snapshot,
  type HistoryParts,
} from "../testing/history-fixture.ts";

const flood = burst("full", { requests: 10, records: 100, bytes: 1_000, startedMs: 1_000, endedMs: 2_000 });
const later = burst("room-again", { requests: 10, records: 100, bytes: 400, startedMs: 4_000, endedMs: 5_000 });
const rows = [...flood.requests, ...later.requests].map(({ id }, index): Partial<LedgerRow> => {
  return { id, intendedMs: index < flood.requests.length ? 1_100 : 4_100 };
});

const at = (startedMs: number) => ({ startedMs, endedMs: startedMs + 10 });
const filled = { kind: "tampering", name: "full", what: "disk-filled", ...at(900), files: [] } as const;
const emptied = { kind: "tampering", name: "full", what: "disk-emptied", ...at(2_100), files: [] } as const;
const resumed = { kind: "wait", name: "room-again", startedMs: 2_110, endedMs: 2_600, cameTrue: true } as const;
const facts = { type: "file", mode: 0o640, uid: 0, gid: 0, inode: 1, bytes: 64_000 } as const;
const look: Observation = { kind: "file", name: "full", path: "/logs/app.log", atMs: 2_050, facts };
const observations: readonly Observation[] = [filled, look, emptied, resumed];

/** 250 of the flood's records were lost. */
function flooded(changes: HistoryParts = {}, droppedRecords = 250, laterLost = 0): HistoryParts {
  const requests = requestLogOf([flood, later], {
    "full-3": { records: 0 },
    "full-4": { records: 0 },
    "full-5": { records: 50 },
    "room-again-1": { records: 100 - laterLost },
  });
  const logs = ["full", "room-again"].map((name) => snapshot({ name, requests, droppedRecords }));
  return { bursts: [flood, later], logs, loads: [load(rows)], observations, ...changes };
}

const check = (parts: HistoryParts): Finding => diskFull["rotation/disk-full"](history(parts));

test("holds if all was answered, the loss is counted and the log goes on", () => {
  const finding = check(flooded());
  expect(finding).toMatchObject({ outcome: "held", trials: 2_010 });
  expect(JSON.stringify(finding)).toContain(
    "250 records missing, 250 counted as dropped; logging resumed after 490 ms",
  );
});

test("holds if the log counts what the suite did not ask for too", () => {
  expect(check(flooded({}, 300)).outcome).toBe("held");
});

test("sees a loss of which the log tells too little, or nothing", () => {
  expect(check(flooded({}, 200))).toMatchObject({ outcome: "violated", violations: 50 });
  expect(check(flooded({}, 0))).toMatchObject({ outcome: "violated", violations: 250 });
});

test("a record cut in two between files is not lost; what is lost beyond those is seen", () => {
  const target = { logLimits: { maxBytes: 1_000_000, backups: 30 } };
  const cut = (files: readonly LogFileFacts[], dropped: number): Finding => {
    const parts = flooded({}, dropped);
    return check({ ...parts, target, logs: (parts.logs ?? []).map((one) => ({ ...one, files })) });
  };
  const inTwo = { startsAtBoundary: false, endsAtBoundary: false };
  expect(cut(rotatedFiles(4, 1_000, inTwo), 246).outcome).toBe("held");
  expect(cut(rotatedFiles(4, 1_000, inTwo), 245)).toMatchObject({ outcome: "violated", violations: 1 });
  // Before the disk was full, or after it had room again: other records than those that are missing here.
  expect(cut(rotatedFiles(4, 200, inTwo), 246)).toMatchObject({ outcome: "violated", violations: 4 });
  expect(cut(rotatedFiles(4, 5_000, inTwo), 246)).toMatchObject({ outcome: "violated", violations: 4 });
});

test("sees requests without an answer, even if the log had room after all", () => {
  const loads = [load(rows.map((row, index) => (index === 4 ? { ...row, outcome: "hung" as const } : row)))];
  expect(check(flooded({ loads }))).toMatchObject({ outcome: "violated", violations: 1 });
  const roomy = observations.map((one) => (one === look ? { ...look, facts: { ...facts, bytes: 10 ** 9 } } : one));
  expect(check(flooded({ loads, observations: roomy })).outcome).toBe("violated");
});

test("sees a log that does not go on, and later records that are lost", () => {
  const stuck = observations.map((one) => (one === resumed ? { ...resumed, cameTrue: false } : one));
  expect(check(flooded({ observations: stuck }))).toMatchObject({ outcome: "violated", violations: 1 });
  expect(check(flooded({}, 250, 5))).toMatchObject({ outcome: "violated", violations: 5 });
});

test("records that may have been rotated away as configured are not known to be lost", () => {
  const target = { logLimits: { maxBytes: 1_000_000, backups: 2 } };
  const rotated = (count: number, dropped = 0, changes: HistoryParts = {}): HistoryParts => {
    const parts = flooded(changes, dropped);
    return { ...parts, target, logs: (parts.logs ?? []).map((one) => ({ ...one, files: rotatedFiles(count) })) };
  };
  expect(check(rotated(2))).toEqual({
    outcome: "inconclusive",
    reason: expect.stringContaining("250 records are missing uncounted, but may have been rotated away"),
  });
  expect(check(rotated(1))).toMatchObject({ outcome: "violated", violations: 250 });
  expect(check(rotated(2, 250)).outcome).toBe("held");
  const stuck = observations.map((one) => (one === resumed ? { ...resumed, cameTrue: false } : one));
  expect(check(rotated(2, 0, { observations: stuck }))).toMatchObject({ outcome: "violated", violations: 1 });
});

test("decides nothing of later records that the log has no room for", () => {
  const target = { logLimits: { maxBytes: 100_000, backups: 3 } };
  const parts = flooded({ target }, 250, 5);
  expect(check(parts)).toEqual({ outcome: "inconclusive", reason: expect.stringContaining("is sure to keep 300000") });
});

test("a log that had no time to go on, as the suite itself stood still, is not stuck", () => {
  const stuck = observations.map((one) => (one === resumed ? { ...resumed, endedMs: 7_200, cameTrue: false } : one));
  const pauses = [{ fromMs: 2_200, toMs: 6_000 }];
  expect(check(flooded({ observations: stuck }))).toMatchObject({ outcome: "violated", violations: 1 });
  expect(check(flooded({ observations: stuck, pauses }))).toEqual({
    outcome: "inconclusive",
    reason: expect.stringContaining("the suite itself did not get to run for 3800 ms"),
  });
});

test("decides nothing if the disk could not be filled, was not full, or nothing was written", () => {
  const failed = [{ ...filled, error: "prlimit: not found" }];
  expect(check(flooded({ observations: failed }))).toEqual({
    outcome: "inconclusive",
    reason: expect.stringContaining("prlimit: not found"),
  });
  const roomy = observations.map((one) => (one === look ? { ...look, facts: { ...facts, bytes: 10 ** 6 } } : one));
  expect(check(flooded({ observations: roomy })).outcome).toBe("inconclusive");
  expect(check({ observations }).outcome).toBe("inconclusive");
  expect(check({}).outcome).toBe("inconclusive");
});
