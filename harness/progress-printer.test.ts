import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { failure, record, scenario, target, verdict } from "../reports/sample-record.ts";
import { keyFigures } from "../reports/words.ts";
import { progressPrinter } from "./progress-printer.ts";
import type { ProgressEvent } from "./spec/progress.ts";

const ENDED = { site: "express", scenario: "a/b" };

const EVENTS: readonly ProgressEvent[] = [
  { kind: "target-started", target: "reference", scenarios: 2 },
  { kind: "scenario-started", target: "reference", site: "express", scenario: "a/b", phase: "control" },
  { kind: "scenario-started", target: "reference", site: "express", scenario: "a/b", phase: "trial" },
  { kind: "scenario-finished", target: "reference", ...ENDED, record: scenario(), verdicts: [verdict(), failure()] },
];

function printer(isTTY: boolean, columns = 80) {
  const written: string[] = [];
  const out = { write: (text: string) => written.push(text), columns };
  const own = progressPrinter({ out, isTTY, figures: keyFigures, table: () => "TABLE\n", now: () => Date.now() });
  return { ...own, text: () => written.join(""), written };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("progress without a terminal", () => {
  it("is one plain line per finished scenario, with the worst verdict and the key figures", () => {
    const { onProgress, finish, text } = printer(false);
    for (const event of EVENTS) onProgress(event);
    finish(record());
    expect(text()).toBe(
      "reference: 2 scenarios\n" +
        "  fail          availability/reload-under-load (express) 12.3 s  " +
        "12,000 requests, 0 lost (< 0.025 %), 1 reload, longest gap 18.2 ms, 24,000 log records\n" +
        "\nTABLE\n",
    );
  });

  it("shows a scenario's own status where that is worse than its verdicts", () => {
    const { onProgress, text } = printer(false);
    const record = scenario({ status: "inconclusive", site: "" });
    onProgress({ kind: "scenario-finished", target: "t", ...ENDED, record, verdicts: [verdict()] });
    expect(text()).toMatch(/^ {2}inconclusive {2}availability\/reload-under-load 12\.3 s/);
  });

  it("says why a target did not run", () => {
    const { onProgress, text } = printer(false);
    onProgress({ kind: "target-finished", record: target({ status: "setup-failed", reason: "port taken\nlog" }) });
    expect(text()).toBe("  reference: setup-failed: port taken\n");
  });

  it("leaves no timer behind", () => {
    printer(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("progress on a terminal", () => {
  it("rewrites one line while a scenario runs, with its seconds", () => {
    const { onProgress, written, finish } = printer(true);
    for (const event of EVENTS.slice(0, 2)) onProgress(event);
    expect(written.at(-1)).toBe("\r\u001B[2K[1/2] a/b (express): control 0 s");
    vi.advanceTimersByTime(2000);
    expect(written.at(-1)).toBe("\r\u001B[2K[1/2] a/b (express): control 2 s");
    onProgress({ kind: "scenario-finished", target: "reference", ...ENDED, record: scenario(), verdicts: [] });
    expect(written.at(-2)).toBe("\r\u001B[2K");
    expect(written.at(-1)).toMatch(/^ {2}pass .*\n$/);
    const before = written.length;
    vi.advanceTimersByTime(5000);
    expect(written).toHaveLength(before);
    finish(record());
    expect(vi.getTimerCount()).toBe(0);
  });

  it("never wraps the live line", () => {
    const { onProgress, written } = printer(true, 20);
    onProgress({ kind: "scenario-started", target: "t", site: "s", scenario: "x".repeat(50), phase: "trial" });
    expect(written.at(-1)?.replace("\r\u001B[2K", "")).toHaveLength(19);
  });

  it("stops ticking when disposed of", () => {
    const own = printer(true);
    own[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
});
