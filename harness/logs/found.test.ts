import * as fc from "fast-check";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { recordLine } from "./record-fixture.ts";
import { readLogSnapshot } from "./snapshot.ts";

/*
 * A stream of records is spoilt here and there, cut into files as rotation does it, and read: what is found is what a
 * simple count of the fates says.
 */

const FATES = ["whole", "whole", "whole", "lost", "twice", "torn", "mixed", "text"] as const;
type Fate = (typeof FATES)[number];
const WRITERS = 3;

interface Expected {
  records: number;
  readonly bySequence: Map<string, number[]>;
  torn: number;
  mixed: number;
  readonly texts: string[][];
}

/** Lines of the log, and what there is to be found in them. */
function spoil(fates: readonly Fate[]): { readonly lines: readonly string[]; readonly expected: Expected } {
  const lines: string[] = [];
  const expected: Expected = { records: 0, bySequence: new Map(), torn: 0, mixed: 0, texts: [] };
  let inText = false;
  for (const [index, fate] of fates.entries()) {
    const writer = `w${index % WRITERS}`;
    const seq = Math.floor(index / WRITERS);
    const line = recordLine({ writer, seq, msg: "é".repeat(index % 7) });
    const half = Math.floor(line.length / 2);
    const found = (): void => {
      expected.records++;
      expected.bySequence.set(writer, [...(expected.bySequence.get(writer) ?? []), seq]);
    };
    if (fate === "whole" || fate === "twice") {
      for (let copies = fate === "twice" ? 2 : 1; copies > 0; copies--) {
        lines.push(line);
        found();
      }
    } else if (fate === "torn") {
      lines.push(line.slice(0, half), line.slice(half));
      expected.torn += 2;
    } else if (fate === "mixed") {
      lines.push(line.slice(0, half) + recordLine({ writer: "other", seq: index }) + line.slice(half));
      expected.mixed++;
    } else if (fate === "text") {
      const text = `text ${index}`;
      lines.push(text);
      if (inText) expected.texts.at(-1)?.push(text);
      else expected.texts.push([text]);
    }
    if (fate !== "lost") inText = fate === "text";
  }
  return { lines, expected };
}

/** Numbers missing and repeated between the first and the last of a sequence. */
function countOf(numbers: readonly number[]): { readonly missing: number; readonly repeated: number } {
  const distinct = new Set(numbers);
  const span = Math.max(...numbers) - Math.min(...numbers) + 1;
  return { missing: span - distinct.size, repeated: numbers.length - distinct.size };
}

test("whatever happens to the records of a log, and wherever it is rotated, all of it is found", async () => {
  const fates = fc.array(fc.constantFrom(...FATES), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fates, fc.array(fc.nat({ max: 80 }), { maxLength: 4 }), async (given, cuts) => {
      const { lines, expected } = spoil(given);
      const folder = await mkdtemp(path.join(tmpdir(), "hupspec-found-"));
      try {
        const ends = [...cuts.filter((cut) => cut < lines.length), lines.length].toSorted((a, b) => a - b);
        for (const [index, end] of ends.entries()) {
          const name = index === ends.length - 1 ? "app.log" : `app.log.${ends.length - 1 - index}`;
          const part = lines.slice(ends[index - 1] ?? 0, end);
          await writeFile(path.join(folder, name), part.map((line) => `${line}\n`).join(""));
        }
        const snapshot = await readLogSnapshot({ name: "t", patterns: [path.join(folder, "app.log*")], atMs: 0 });
        expect(snapshot.records).toBe(expected.records);
        expect(snapshot.damageCount).toMatchObject({ torn: expected.torn, interleaved: expected.mixed });
        expect(snapshot.texts.map(({ lines }) => lines)).toEqual(expected.texts);
        const found = snapshot.writers.map(({ writer, missingCount, repeatedCount }) => [
          writer,
          { missing: missingCount, repeated: repeatedCount },
        ]);
        const counted = [...expected.bySequence].map(([writer, numbers]) => [writer, countOf(numbers)] as const);
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(counted));
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
  );
});

test("a record of several lines is a text too, a damaged one ends a text, and old text is forgotten", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "hupspec-found-"));
  const read = () => readLogSnapshot({ name: "t", patterns: [path.join(folder, "app.log")], atMs: 0 });
  try {
    const record = recordLine({ msg: "Error: x\n    at y" });
    const torn = recordLine({ seq: 1 }).slice(0, 60);
    await writeFile(path.join(folder, "app.log"), `before\n${record}\na\n${torn}\nb\n`);
    expect((await read()).texts).toEqual([
      { file: "app.log", offset: 0, inRecord: false, lines: ["before"] },
      { file: "app.log", offset: 7, inRecord: true, lines: ["Error: x", "    at y"] },
      { file: "app.log", offset: 8 + record.length, inRecord: false, lines: ["a"] },
      { file: "app.log", offset: 11 + record.length + torn.length, inRecord: false, lines: ["b"] },
    ]);
    const many = Array.from({ length: 3_000 }, (_, index) => `text\n${recordLine({ seq: index })}\n`).join("");
    await writeFile(path.join(folder, "app.log"), many);
    expect((await read()).texts).toHaveLength(2_000);
  } finally {
    await rm(folder, { recursive: true });
  }
});
