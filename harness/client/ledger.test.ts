import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Outcome } from "../spec/outcome.ts";
import { Ledger, LEDGER_ROW_BYTES, type SettledExchange } from "./ledger.ts";
import { TRANSPORT_OUTCOMES } from "../spec/outcome.ts";

const settled: SettledExchange = {
  method: "POST",
  connection: 7,
  reused: true,
  sentMs: 1.25,
  firstByteMs: 2.5,
  doneMs: 3.75,
  outcome: "ok",
  status: 200,
  generation: 12,
  worker: 4_194_303,
  closeAnnounced: true,
};

test("a row comes back as it was settled", () => {
  const ledger = new Ledger("run-a-");
  const index = ledger.intend(1);
  ledger.settle(index, settled);
  expect(ledger.row(index)).toEqual({ ...settled, id: "run-a-0", intendedMs: 1 });
});

test("a row that was only intended is unsent, without instants", () => {
  const ledger = new Ledger("x");
  const row = ledger.row(ledger.intend(5));
  expect(row.outcome).toBe("unsent");
  expect([row.sentMs, row.firstByteMs, row.doneMs]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

test("the classes sum to the intended requests at every moment, whatever happens to them", () => {
  const outcome = fc.oneof(
    fc.constantFrom<Outcome>(...TRANSPORT_OUTCOMES),
    fc.integer({ min: 100, max: 999 }).map((code): Outcome => `status-${code}`),
    fc.constant(undefined),
  );
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 300 }), (outcomes) => {
      const ledger = new Ledger("p-");
      for (const [index, outcome] of outcomes.entries()) {
        ledger.intend(index);
        const status = Number(outcome?.split("-")[1]);
        if (outcome !== undefined)
          ledger.settle(index, { ...settled, outcome, status: outcome.startsWith("status-") ? status : 0 });
        expect(Object.values(ledger.tally() as Record<string, number>).reduce((a, b) => a + b, 0)).toBe(index + 1);
      }
      expect(Array.from(ledger.rows(), (row) => row.outcome)).toEqual(outcomes.map((one) => one ?? "unsent"));
    }),
    { numRuns: 30 },
  );
});

test("rows stay where they are when the ledger grows, at 100 bytes each at most", () => {
  const ledger = new Ledger("g-");
  for (let index = 0; index < 20_000; index++) {
    ledger.intend(index);
    if (index % 3 === 0) ledger.settle(index, { ...settled, connection: index });
  }
  expect(ledger.row(12_288).connection).toBe(12_288);
  expect(ledger.row(12_289).outcome).toBe("unsent");
  expect(LEDGER_ROW_BYTES).toBeLessThanOrEqual(100);
  expect(ledger.byteLength / ledger.size).toBeLessThanOrEqual(100);
});

test("a row that is not there is our mistake", () => {
  expect(() => new Ledger("e").row(0)).toThrow(RangeError);
});

test("what came instead of a good answer is kept with the first rows that tell of it", () => {
  const ledger = new Ledger("e-");
  for (let index = 0; index < 1_000; index++) {
    ledger.intend(index);
    ledger.settle(index, { ...settled, outcome: "wrong-answer", received: `answer ${index}` });
  }
  expect(ledger.row(0).received).toBe("answer 0");
  expect(Array.from(ledger.rows()).filter(({ received }) => received !== undefined)).toHaveLength(200);
});
