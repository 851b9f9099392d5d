import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineFramer } from "./line-framer.ts";

/** Cuts `bytes` into chunks of the sizes given, over and over. */
function chunksOf(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = at + (sizes[turn % sizes.length] ?? 1);
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}

function frame(framer: LineFramer, chunks: readonly Buffer[]): Buffer[] {
  return [...chunks.flatMap((chunk) => framer.push(chunk).lines), ...framer.end().lines];
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const lines = fc.array(
  fc.string({ unit: "binary", maxLength: 60 }).map((text) => text.replaceAll("\n", "·")),
  { maxLength: 30 },
);

describe("line framing", () => {
  it("returns the very bytes, whatever the chunks, and whole lines only", () => {
    fc.assert(
      fc.property(lines, sizes, (texts, cuts) => {
        const stream = Buffer.from(texts.map((text) => `${text}\n`).join(""));
        const framed = frame(new LineFramer(1024 ** 2), chunksOf(stream, cuts));
        expect(Buffer.concat(framed).equals(stream)).toBe(true);
        expect(framed.every((buffer) => buffer.at(-1) === 10)).toBe(true);
      }),
    );
  });

  it("keeps the lines of two channels apart", () => {
    fc.assert(
      fc.property(lines, lines, sizes, (left, right, cuts) => {
        const label = (name: string, texts: readonly string[]) => texts.map((text) => `${name}${text}\n`);
        const [a, b] = [label("a", left), label("b", right)];
        const framers = [new LineFramer(1024 ** 2), new LineFramer(1024 ** 2)];
        const chunks = [a, b].map((texts) => chunksOf(Buffer.from(texts.join("")), cuts));
        const merged: Buffer[] = [];
        for (let turn = 0; turn < Math.max(...chunks.map(({ length }) => length)); turn++) {
          chunks.forEach((own, channel) => {
            const chunk = own[turn];
            if (chunk) merged.push(...(framers[channel]?.push(chunk).lines ?? []));
          });
        }
        const seen = Buffer.concat(merged).toString().split("\n").slice(0, -1);
        expect(seen.filter((line) => line.startsWith("a"))).toEqual(a.map((line) => line.slice(0, -1)));
        expect(seen.filter((line) => line.startsWith("b"))).toEqual(b.map((line) => line.slice(0, -1)));
        expect(seen).toHaveLength(a.length + b.length);
      }),
    );
  });

  it("keeps a line of 1 MiB of multi-byte text whole", () => {
    const line = Buffer.from(`${"é€😀".repeat(1024 ** 2 / 9)}\n`);
    const framed = frame(new LineFramer(4 * 1024 ** 2), chunksOf(line, [65_536]));
    expect(framed).toHaveLength(1);
    expect(framed[0]?.equals(line)).toBe(true);
  });

  it("joins the pieces of a byte-wise writer", () => {
    const line = Buffer.from(`${"x".repeat(1000)}\n`);
    expect(frame(new LineFramer(4096), chunksOf(line, [1]))).toEqual([line]);
  });

  it("cuts a line beyond the bound, with a newline, and says how many bytes that were", () => {
    const framer = new LineFramer(10);
    expect(framer.push(Buffer.from("0123456789")).lines).toEqual([]);
    expect(framer.push(Buffer.from("ab"))).toEqual({ lines: [Buffer.from("0123456789ab\n")], cutBytes: 12 });
    expect(framer.heldBytes).toBe(0);
  });

  it("ends an unfinished last line", () => {
    const framer = new LineFramer(10);
    framer.push(Buffer.from("one\ntwo"));
    expect(framer.end().lines).toEqual([Buffer.from("two\n")]);
    expect(framer.end().lines).toEqual([]);
  });
});
