import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LedgerRow, LedgerView } from "../spec/history.ts";
import { reconcile } from "./reconcile.ts";
import { RequestTally } from "./request-tally.ts";

type Told = Pick<LedgerRow, "id" | "outcome">;

function ledgerOf(told: readonly Told[]): LedgerView {
  const rows = told.map((row): LedgerRow => ({
    method: "GET",
    connection: 0,
    reused: false,
    intendedMs: 0,
    sentMs: 0,
    firstByteMs: 0,
    doneMs: 0,
    status: 0,
    generation: 0,
    worker: 0,
    closeAnnounced: false,
    ...row,
  }));
  return { size: rows.length, row: (index) => rows[index] as LedgerRow, rows: () => rows };
}

function logOf(events: readonly string[]): RequestTally {
  const log = new RequestTally();
  for (const event of events) log.add(event.split(" ")[0] ?? "", event.split(" ")[1] ?? "", 100);
  return log;
}

describe("each request has one fate", () => {
  const ledger = ledgerOf([
    { id: "good", outcome: "ok" },
    { id: "cut", outcome: "reset-before-answer-reused" },
    { id: "lost", outcome: "refused" },
    { id: "twice", outcome: "ok" },
    { id: "silent", outcome: "ok" },
    { id: "never-sent", outcome: "unsent" },
  ]);
  const log = logOf([
    "good received",
    "good answered",
    "cut received",
    "twice received",
    "twice received",
    "twice answered",
    "stranger received",
  ]);

  test("where the log is whole", () => {
    const joined = reconcile([ledger], log, { complete: true });
    const fates = [0, 1, 2, 3, 4, 5].map((index) => joined.fateOf(0, index));
    expect(fates).toEqual([
      "answered",
      "executed-answer-lost",
      "never-reached",
      "executed-twice",
      "unknown",
      "never-reached",
    ]);
    expect(joined).toMatchObject({ rows: 6, okUnlogged: 1, strangers: 1 });
    expect(joined.fates).toEqual({
      answered: 1,
      "never-reached": 2,
      "executed-answer-lost": 1,
      "executed-twice": 1,
      unknown: 1,
    });
  });

  test("where parts of the log are gone, silence proves nothing", () => {
    const joined = reconcile([ledger], log, { complete: false });
    expect(joined.fateOf(0, 2)).toBe("unknown");
    expect(joined.fateOf(0, 5)).toBe("never-reached");
  });
});

test("the fates of any ledgers sum to their rows", () => {
  const row = fc.record({
    id: fc.stringMatching(/^[a-f]$/),
    outcome: fc.constantFrom<LedgerRow["outcome"]>("ok", "hung", "unsent"),
  });
  const event = fc
    .tuple(fc.stringMatching(/^[a-h]$/), fc.constantFrom("received", "answered", "record"))
    .map((pair) => pair.join(" "));
  fc.assert(
    fc.property(
      fc.array(fc.array(row, { maxLength: 6 }), { maxLength: 3 }),
      fc.array(event),
      fc.boolean(),
      (told, events, complete) => {
        const { rows, fates } = reconcile(told.map(ledgerOf), logOf(events), { complete });
        expect(rows).toBe(told.flat().length);
        expect(Object.values(fates).reduce((sum, count) => sum + count, 0)).toBe(rows);
      },
    ),
  );
});

test("the tally of requests grows with them", () => {
  const log = new RequestTally();
  for (let index = 0; index < 5_000; index++) {
    log.add(`id-${index}`, "received", 10);
    for (let times = 0; times < index % 3; times++) log.add(`id-${index}`, "record", 70_000);
  }
  expect(log.size).toBe(5_000);
  expect(log.get("id-2000")).toEqual({ received: 1, answered: 0, records: 2, recordBytes: 140_000 });
  expect(log.get("id-5000")).toBeUndefined();
  expect([...log.ids()]).toHaveLength(5_000);
});
