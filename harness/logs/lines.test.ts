import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter } from "./lines.ts";

test("any cutting into chunks gives the same lines at the same offsets", () => {
  const content = fc.array(fc.constantFrom("a", "b", "\n", "€"), { maxLength: 60 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(content, fc.array(fc.nat({ max: 80 }), { maxLength: 8 }), (text, cuts) => {
      const bytes = Buffer.from(text);
      const seen: [string, number, boolean][] = [];
      const splitter = new LineSplitter((line, offset, terminated) => {
        seen.push([line.toString("latin1"), offset, terminated]);
      });
      const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
      for (const [index, from] of edges.entries())
        splitter.push(bytes.subarray(from, edges[index + 1] ?? bytes.length));
      splitter.end();

      const expected: [string, number, boolean][] = [];
      let offset = 0;
      const parts = bytes.toString("latin1").split("\n");
      for (const [index, part] of parts.entries()) {
        const terminated = index < parts.length - 1;
        if (terminated || part !== "") expected.push([part, offset, terminated]);
        offset += part.length + 1;
      }
      expect(seen).toEqual(expected);
      expect(splitter.bytes).toBe(bytes.length);
    }),
  );
});

test("a line that is too long to be held comes in parts, each marked as unterminated", () => {
  const seen: [string, number, boolean][] = [];
  const splitter = new LineSplitter((line, offset, terminated) => {
    seen.push([line.toString("latin1"), offset, terminated]);
  }, 5);
  for (const chunk of ["abcd", "efg", "hi\nj"]) splitter.push(Buffer.from(chunk));
  splitter.end();
  expect(seen).toEqual([
    ["abcdefg", 0, false],
    ["hi", 7, true],
    ["j", 10, false],
  ]);
});
