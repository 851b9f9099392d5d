import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Sequence } from "./sequence.ts";

test("numbers in order take no gap, whatever the first", () => {
  const sequence = new Sequence();
  for (let seq = 5; seq < 1_000; seq++) expect(sequence.add(seq)).toBe("next");
  expect(sequence.facts(10)).toMatchObject({ first: 5, last: 999, records: 995, missingCount: 0, repeatedCount: 0 });
});

test("gaps, repeats and late ones are told apart", () => {
  const sequence = new Sequence();
  expect([0, 1, 4, 2, 2, 4].map((seq) => sequence.add(seq))).toEqual([
    "next",
    "next",
    "gap",
    "late",
    "repeat",
    "repeat",
  ]);
  expect(sequence.facts(10)).toEqual({
    first: 0,
    last: 4,
    records: 6,
    missing: [3],
    missingCount: 1,
    repeated: [2, 4],
    repeatedCount: 2,
    outOfOrderCount: 1,
  });
});

test("any order of any numbers gives what counting them one by one gives", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 80 }), (numbers) => {
      const sequence = new Sequence();
      for (const seq of numbers) sequence.add(seq);
      const distinct = new Set(numbers);
      const first = Math.min(...numbers);
      const last = Math.max(...numbers);
      const missing: number[] = [];
      for (let seq = first; seq <= last; seq++) if (!distinct.has(seq)) missing.push(seq);
      const facts = sequence.facts(5);
      expect(facts).toMatchObject({ first, last, records: numbers.length, missingCount: missing.length });
      expect(facts.missing).toEqual(missing.slice(0, 5));
      expect(facts.repeatedCount).toBe(numbers.length - distinct.size);
    }),
  );
});
