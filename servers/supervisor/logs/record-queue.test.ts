import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countLines, RecordQueue, wholeRecordBytes } from "./record-queue.ts";

const notice = (records: number) => Buffer.from(`dropped ${records}\n`);

function drain(queue: RecordQueue, roomBytes: number): string[] {
  const runs: string[] = [];
  for (;;) {
    let run = queue.peek(roomBytes);
    if (run.length === 0) run = queue.peekOne();
    if (run.length === 0) return runs;
    const text = Buffer.concat(run);
    queue.commit(text.length);
    runs.push(text.toString());
  }
}

describe("record queue", () => {
  it("hands out runs that end at record boundaries and fit, unless one record alone is too long", () => {
    const blocks = fc.array(
      fc
        .array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 6 })
        .map((lengths) => lengths.map((length) => `${"x".repeat(length)}\n`).join("")),
    );
    fc.assert(
      fc.property(blocks, fc.integer({ min: 1, max: 50 }), (texts, room) => {
        const queue = new RecordQueue(1024 ** 2, notice);
        for (const text of texts) queue.push(Buffer.from(text));
        const runs = drain(queue, room);
        expect(runs.join("")).toBe(texts.join(""));
        for (const run of runs) {
          expect(run.endsWith("\n")).toBe(true);
          if (run.length > room) expect(countLines(Buffer.from(run))).toBe(1);
        }
        expect(queue.bytes).toBe(0);
      }),
    );
  });

  it("drops the newest whole records beyond the limit, and counts them where they would have stood", () => {
    const queue = new RecordQueue(40, notice);
    queue.push(Buffer.from("record-1-\nrecord-2-\nrecord-3-\nrecord-4-\nrecord-5-\nrecord-6-\n"));
    queue.push(Buffer.from("record-7-\n"));
    expect(queue.dropped).toBe(3);
    queue.commit(30);
    queue.push(Buffer.from("record-8-\n"));
    expect(drain(queue, 100).join("")).toBe("record-4-\ndropped 3\nrecord-8-\n");
    expect(queue.dropped).toBe(3);
  });

  it("announces drops also when nothing comes after them", () => {
    const queue = new RecordQueue(4, notice);
    queue.push(Buffer.from("aaa\nbbb\n"));
    expect(drain(queue, 100)).toEqual(["aaa\n", "dropped 1\n"]);
  });

  it("kept plus dropped is all that came, whatever the pace", () => {
    const steps = fc.array(fc.record({ lines: fc.integer({ min: 1, max: 20 }), drained: fc.boolean() }));
    fc.assert(
      fc.property(steps, (plan) => {
        const queue = new RecordQueue(40, notice);
        let pushed = 0;
        let text = "";
        for (const { lines, drained } of plan) {
          queue.push(Buffer.from("record\n".repeat(lines)));
          pushed += lines;
          if (drained) text += drain(queue, 30).join("");
        }
        text += drain(queue, 30).join("");
        const kept = text.split("record\n").length - 1;
        const told = [...text.matchAll(/dropped (\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
        expect(kept + told).toBe(pushed);
        expect(told).toBe(queue.dropped);
      }),
    );
  });

  it("finds the last boundary of a write that came short", () => {
    const run = [Buffer.from("ab\n"), Buffer.from("cd\nef\n")];
    expect([0, 1, 3, 5, 6, 7, 9].map((written) => wholeRecordBytes(run, written))).toEqual([0, 0, 3, 3, 6, 6, 9]);
  });
});
