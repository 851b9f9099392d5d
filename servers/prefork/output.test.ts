import { array, assert, nat, property } from "fast-check";
import { expect, test } from "vitest";
import { LineFramer } from "./output.ts";

test("whatever the chunks, only whole lines come out, and together they are what went in", () => {
  const bytes = Buffer.from("é漢😀 first\n\nsecond line\nthird 漢\n".repeat(3));
  assert(
    property(array(nat(bytes.length), { maxLength: 30 }), (cuts) => {
      const out: Buffer[] = [];
      const framer = new LineFramer((lines) => out.push(lines));
      const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      for (let index = 1; index < edges.length; index++) framer.write(bytes.subarray(edges[index - 1], edges[index]));
      expect(out.every((lines) => lines.at(-1) === 10)).toBe(true);
      expect(Buffer.concat(out).equals(bytes)).toBe(true);
    }),
  );
});

test("the last line gets its newline at the end", () => {
  const out: string[] = [];
  const framer = new LineFramer((lines) => out.push(lines.toString()));
  framer.write(Buffer.from("a\nb"));
  expect(out).toEqual(["a\n"]);
  framer.end();
  framer.end();
  expect(out).toEqual(["a\n", "b\n"]);
});
