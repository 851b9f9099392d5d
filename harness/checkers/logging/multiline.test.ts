import { describe, expect, test } from "vitest";
import type { LogText } from "../../spec/history.ts";
import { action, history, type HistoryParts, load, rotatedFiles, snapshot } from "../testing/history-fixture.ts";
import { multiline } from "./multiline.ts";

const rule = multiline["logging/multiline-contiguous"];

const PYTHON = [
  "Traceback (most recent call last):",
  '  File "/usr/lib/gunicorn/arbiter.py", line 608, in spawn_worker',
  "    worker.init_process()",
  "    ~~~~~~~~~~~~~~~~~~~^^",
  '  File "/run/releases/main/3/probe.py", line 41, in boot',
  '    raise RuntimeError("this release fails")',
  "RuntimeError: this release fails",
];
const NODE = [
  "file:///servers/release.ts:27",
  '  if (mode === "fail") throw new Error("fails");',
  "                             ^",
  "",
  "Error: generation 3 fails to boot",
  "    at bootRelease (file:///servers/release.ts:27:30)",
  "    at async openProbe (file:///servers/probe.ts:48:19)",
  "    at async file:///servers/node-http.ts:10:15",
  "",
  "Node.js v26.10.0",
];

const text = (lines: readonly string[], facts: Partial<LogText> = {}): LogText => ({
  file: "app.log",
  offset: 0,
  inRecord: false,
  lines,
  ...facts,
});

/** A release that failed at 1,000 ms, while somebody wrote. */
function failed(texts: readonly LogText[], parts: HistoryParts = {}) {
  return history({
    actions: [action({ release: "fail", servedMs: undefined, settledMs: undefined })],
    loads: [load(Array.from({ length: 30 }, (_, index) => ({ intendedMs: 100 * index })))],
    logs: [snapshot({ texts })],
    ...parts,
  });
}

describe("logging/multiline-contiguous", () => {
  test("holds for tracebacks in one piece, of one process or of several behind each other", () => {
    expect(rule(failed([text(PYTHON)]))).toMatchObject({ outcome: "held", trials: 1 });
    expect(rule(failed([text(["[7] [ERROR] worker", ...PYTHON, "[8] [ERROR] worker", ...PYTHON])]))).toMatchObject({
      outcome: "held",
      trials: 2,
    });
    expect(rule(failed([text([...NODE, ...NODE]), text(NODE)]))).toMatchObject({ outcome: "held", trials: 3 });
  });

  test("holds for exceptions that follow from others, for other languages, and for what stands in a record", () => {
    const cause = ["Traceback (most recent call last):", '  File "/a.py", line 1, in f', "KeyError: 'x'", ""];
    const chained = [...cause, "During handling of the above exception, another exception occurred:", "", ...PYTHON];
    expect(rule(failed([text(chained), text(chained)]))).toMatchObject({ outcome: "held", trials: 4 });
    const ruby = [
      "app.rb:3:in 'load': fails (RuntimeError)",
      "\tfrom config.ru:1:in 'block'",
      "\tfrom rack.rb:9:in 'run'",
    ];
    expect(rule(failed([text(ruby), text(PYTHON, { inRecord: true })]))).toMatchObject({ outcome: "held", trials: 2 });
    const logger = [
      "E, [2026-11-24T16:27:10.1#7] ERROR -- : this release fails to load (RuntimeError)",
      "/x/probe.rb:96:in `boot'",
      "/x/config.ru:3:in 'block in <main>'",
    ];
    expect(rule(failed([text(logger)]))).toMatchObject({ outcome: "held", trials: 1 });
    expect(rule(failed([text(logger.slice(0, 2)), text(logger.slice(2))]))).toMatchObject({ outcome: "violated" });
  });

  test("another way to fail is no broken copy", () => {
    const elsewhere = [...PYTHON.slice(0, 1), '  File "/other.py", line 1, in g', PYTHON.at(-1) ?? ""];
    expect(rule(failed([text(PYTHON), text(PYTHON), text(elsewhere)]))).toMatchObject({ outcome: "held" });
  });

  test("the same release in another folder is the same", () => {
    const next = PYTHON.map((line) => line.replace("/3/", "/4/"));
    expect(rule(failed([text(PYTHON), text(next)]))).toMatchObject({ outcome: "held", trials: 2 });
  });

  test("sees a record between the lines", () => {
    for (const whole of [PYTHON, NODE]) {
      const frames = whole.flatMap((line, index) => (/^\s+(at|File) /.test(line) ? [index] : []));
      for (const cut of frames.slice(1)) {
        const finding = rule(failed([text(whole.slice(0, cut)), text(whole.slice(cut), { offset: 999 })]));
        expect(finding.outcome).toBe("violated");
        expect(JSON.stringify(finding)).toContain("text at byte 999, line 1");
      }
    }
    const last = PYTHON.length - 1;
    expect(rule(failed([text(PYTHON.slice(0, last)), text(PYTHON.slice(last))]))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
  });

  test("sees two that were written into each other line by line", () => {
    for (const whole of [PYTHON, NODE]) {
      expect(rule(failed([text(whole.flatMap((line) => [line, line]))])).outcome).toBe("violated");
    }
  });

  test("sees one that was written into the middle of another", () => {
    for (const whole of [PYTHON, NODE]) {
      const cut = whole.findLastIndex((line) => /^\s+(at|File) /.test(line));
      const mixed = [...whole.slice(0, cut), ...whole, ...whole.slice(cut)];
      expect(rule(failed([text(whole), text(whole), text(mixed)])).outcome).toBe("violated");
    }
  });

  test("one whose head was rotated away with the oldest file is not broken", () => {
    const target = { logLimits: { maxBytes: 1_000, backups: 2 } };
    const rest = text(PYTHON.slice(4), { file: "app.log.2" });
    const logs = (backups: number) => [snapshot({ texts: [rest, text(PYTHON)], files: rotatedFiles(backups) })];
    expect(rule(failed([], { target, logs: logs(2) }))).toMatchObject({ outcome: "held", trials: 1 });
    const roomy = { logLimits: { maxBytes: 1_000, backups: 3 } };
    expect(rule(failed([], { target: roomy, logs: logs(2) })).outcome).toBe("violated");
    const inside = [snapshot({ texts: [{ ...rest, offset: 10 }, text(PYTHON)], files: rotatedFiles(2) })];
    expect(rule(failed([], { target, logs: inside })).outcome).toBe("violated");
  });

  test("without a failing release, a traceback, or anybody else who writes nothing is decided", () => {
    expect(rule(failed([text(PYTHON)], { actions: [] })).outcome).toBe("inconclusive");
    expect(rule(failed([text(PYTHON)], { actions: [action()] })).outcome).toBe("inconclusive");
    const refused = action({ release: "fail", error: "no such process" });
    expect(rule(failed([text(PYTHON)], { actions: [refused] })).outcome).toBe("inconclusive");
    expect(rule(failed([text(["listening"])])).outcome).toBe("inconclusive");
    expect(rule(failed([text(PYTHON)], { logs: [] })).outcome).toBe("inconclusive");
    expect(rule(failed([text(PYTHON)], { loads: [load([{ intendedMs: 100 }])] })).outcome).toBe("inconclusive");
  });
});
