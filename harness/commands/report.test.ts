import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderJson } from "../../reports/json.ts";
import { fullRecord } from "../../reports/sample-record.ts";
import { UsageError } from "./io.ts";
import { report } from "./report.ts";
import { testIo } from "./test-io.ts";

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), "hupspec-report-"));
  await writeFile(path.join(cwd, "report.json"), renderJson(fullRecord()));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

describe("hupspec report", () => {
  it.each([
    ["table", "rule  "],
    ["markdown", "# hupspec: not conformant"],
    ["junit", "<testsuites "],
    ["html", "<!doctype html>"],
    ["json", '"schemaVersion": 1'],
  ] as const)("renders %s", async (format, start) => {
    const { io, written } = testIo({ cwd });
    expect(await report({ file: "report.json", format }, io)).toBe(0);
    expect(written.stdout).toContain(start);
  });

  it("colours for terminals only, and not where NO_COLOR is set", async () => {
    for (const [isTTY, env, colored] of [
      [true, {}, true],
      [true, { NO_COLOR: "1" }, false],
      [false, {}, false],
    ] as const) {
      const { io, written } = testIo({ cwd, isTTY, env });
      await report({ file: "report.json", format: "table" }, io);
      expect(written.stdout.includes("\u001B[")).toBe(colored);
    }
  });

  it("says what it expected of a file that is no report", async () => {
    await writeFile(path.join(cwd, "other.json"), '{"schemaVersion": 2}');
    const failing = report({ file: "other.json", format: "table" }, testIo({ cwd }).io);
    await expect(failing).rejects.toBeInstanceOf(UsageError);
    await expect(failing).rejects.toThrow(/other\.json: schemaVersion: .*expected 1/);
    await expect(report({ file: "none.json", format: "table" }, testIo({ cwd }).io)).rejects.toThrow(/ENOENT/);
  });
});
