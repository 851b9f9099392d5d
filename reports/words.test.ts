import { describe, expect, it } from "vitest";
import { scenario } from "./sample-record.ts";
import { bytes, keyFigures, losses, milliseconds, number, percent, seconds } from "./words.ts";

describe("figures", () => {
  it("groups digits and keeps three significant ones of short times", () => {
    expect(number(12_034)).toBe("12,034");
    expect(milliseconds(1.23456)).toBe("1.23 ms");
    expect(milliseconds(12_345.6)).toBe("12,346 ms");
    expect(seconds(61_499)).toBe("61.5 s");
    expect(bytes(1536)).toBe("1.5 KiB");
    expect(percent(0.000_249)).toBe("0.025 %");
  });

  it("says so where there is no figure", () => {
    expect([number(Number.NaN), milliseconds(null), percent(Number.NaN), bytes(Number.NaN)]).toEqual(
      Array(4).fill("n/a"),
    );
  });

  it("gives every zero its bound", () => {
    expect(losses([{ intended: 12_000, lost: 0, bound95: 0.00025 }])).toBe("0 lost (< 0.025 %)");
  });

  it("bounds the zero of several loads by their sum", () => {
    const load = { intended: 5000, lost: 0, bound95: 0.0006 };
    expect(losses([load, load])).toBe("0 lost (< 0.03 %)");
  });

  it("gives losses their rate", () => {
    expect(losses([{ intended: 1000, lost: 3, bound95: 0.0087 }])).toBe("3 lost (0.3 %, < 0.87 %)");
  });

  it("sums a scenario up in one line", () => {
    expect(keyFigures(scenario())).toBe(
      "12,000 requests, 0 lost (< 0.025 %), 1 reload, longest gap 18.2 ms, 24,000 log records",
    );
    expect(keyFigures(scenario({ replays: 2 }))).toMatch(/, replay 2: the machine was too busy before$/);
  });
});
