import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TextBlocks } from "./text-blocks.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

function blocksInto(given: string[]): (text: string) => void {
  const blocks = new TextBlocks((lines) => given.push(lines.toString()));
  return (text) => blocks.push(Buffer.from(text));
}

describe("text blocks", () => {
  test("records pass at once", () => {
    const given: string[] = [];
    const push = blocksInto(given);
    push('{"a":1}\n');
    push('{"a":2}\n{"a":3}\n');
    expect(given).toEqual(['{"a":1}\n', '{"a":2}\n{"a":3}\n']);
  });

  test("text is held until it pauses, then handed on in one piece", () => {
    const given: string[] = [];
    const push = blocksInto(given);
    for (const line of ["Traceback\n", "  File 1\n", "  File 2\n"]) {
      push(line);
      vi.advanceTimersByTime(60);
    }
    expect(given).toEqual([]);
    vi.advanceTimersByTime(60);
    expect(given).toEqual(["Traceback\n  File 1\n  File 2\n"]);
  });

  test("a record behind it says that it is complete", () => {
    const given: string[] = [];
    const push = blocksInto(given);
    push('{"a":1}\nError: x\n');
    push('    at y\n{"a":2}\n');
    push('{"a":3}\n');
    expect(given).toEqual(['{"a":1}\nError: x\n    at y\n{"a":2}\n', '{"a":3}\n']);
  });

  test("the end gives what is held", () => {
    const given: string[] = [];
    const blocks = new TextBlocks((lines) => given.push(lines.toString()));
    blocks.push(Buffer.from("last words\n"));
    blocks.end();
    blocks.end();
    expect(given).toEqual(["last words\n"]);
  });

  test("text without a pause is held for a bounded time and size only", () => {
    const given: string[] = [];
    const push = blocksInto(given);
    for (let index = 0; index < 20; index++) {
      push("on and on\n");
      vi.advanceTimersByTime(50);
    }
    expect(given.length).toBeGreaterThan(0);
    const before = given.length;
    for (let index = 0; index < 5; index++) push(`${"x".repeat(65_535)}\n`);
    expect(given.length).toBeGreaterThan(before);
  });
});
