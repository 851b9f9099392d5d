import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { parseReport } from "../../reports/json.ts";
import { fullRecord, record, scenario, verdict } from "../../reports/sample-record.ts";
import { UnknownTargetError } from "../targets/catalogue.ts";
import { UsageError } from "./io.ts";
import { run, type RunOptions, type RunParts } from "./run.ts";
import { testIo } from "./test-io.ts";

let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), "hupspec-run-"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const packageRoot = path.resolve(import.meta.dirname, "..", "..");
const OPTIONS: RunOptions = { target: [], only: [], out: "out" };
const ENDED = { site: "express", scenario: scenario().id, record: scenario() };

/** An engine that knows one scenario. */
function parts(runSuite: RunParts["runSuite"], signal = new AbortController().signal): RunParts {
  const openSuite: RunParts["openSuite"] = async ({ only }) => ({
    jobs: only.every((glob) => path.matchesGlob("availability/reload-under-load", glob)) ? [{}] : [],
  });
  return { packageRoot, hupspecVersion: "0.1.0", scenarios: [], signal, openSuite, runSuite };
}

describe("hupspec run", () => {
  it("shows progress and table, writes the reports and returns the verdict", async () => {
    const { io, written } = testIo({ cwd });
    const code = await run(
      OPTIONS,
      io,
      parts(async (suite) => {
        suite.onProgress({ kind: "scenario-finished", target: "t", ...ENDED, verdicts: [verdict()] });
        return fullRecord();
      }),
    );
    expect(code).toBe(1);
    expect(written.stdout).toContain("12,000 requests, 0 lost (< 0.025 %)");
    expect(written.stdout).toContain("not conformant: a MUST failed");
    expect(written.stdout).toContain(`reports: ${path.join("out", fullRecord().run.id)}`);
    expect(await readdir(path.join(cwd, "out", "latest"))).toContain("summary.md");
    expect(written.stderr).toBe("");
  });

  it("hands targets and globs to the engine", async () => {
    const asked: Parameters<RunParts["runSuite"]>[0][] = [];
    const suite: RunParts["runSuite"] = async (options) => {
      asked.push(options);
      return record();
    };
    const { io } = testIo({ cwd, env: { A: "b" } });
    const only = ["availability/*", "*/reload-under-load"];
    await run({ ...OPTIONS, target: ["./my server.yaml"], only }, io, parts(suite));
    const globs = "--only 'availability/*' --only '*/reload-under-load'";
    expect(asked[0]).toMatchObject({
      targets: ["./my server.yaml"],
      only,
      packageRoot,
      cwd,
      env: { A: "b" },
      hupspecVersion: "0.1.0",
      command: `npx hupspec run --target './my server.yaml' ${globs}`,
    });
    await run(OPTIONS, io, parts(suite));
    expect(asked[1]).toMatchObject({ targets: "reference" });
  });

  it("writes a further report.json where asked", async () => {
    const { io } = testIo({ cwd });
    await run(
      { ...OPTIONS, json: "copy.json" },
      io,
      parts(async () => record()),
    );
    expect(parseReport(await readFile(path.join(cwd, "copy.json"), "utf8"), "copy")).toEqual(record());
  });

  it("keeps standard output to the JSON if that goes there", async () => {
    const { io, written } = testIo({ cwd });
    await run(
      { ...OPTIONS, json: "-" },
      io,
      parts(async () => record()),
    );
    expect(parseReport(written.stdout, "stdout")).toEqual(record());
    expect(written.stderr).toContain("conformant");
  });

  it("makes a wrong target file or name the user's to mend", async () => {
    const { io } = testIo({ cwd });
    const problem = { file: "t.yaml", line: 3, column: 1, key: "prot", message: 'unknown key "prot"' };
    for (const error of [new ConfigFileError([problem]), new UnknownTargetError("unknown target")]) {
      const failing = run(
        OPTIONS,
        io,
        parts(() => Promise.reject(error)),
      );
      await expect(failing).rejects.toBeInstanceOf(UsageError);
      await expect(failing).rejects.toThrow(error.message);
    }
  });

  it("refuses a glob without a scenario and a folder that can't take the reports", async () => {
    const { io } = testIo({ cwd });
    const suite = parts(() => Promise.reject(new Error("must not run")));
    const idle = { ...OPTIONS, target: ["mine.yaml"], only: ["availability/*", "rotation/*"] };
    await expect(run(idle, io, suite)).rejects.toThrow(/^--only rotation\/\*: expected a scenario, a rule/);
    await writeFile(path.join(cwd, "file"), "");
    await mkdir(path.join(cwd, "taken", "latest"), { recursive: true });
    await expect(
      run(
        { ...OPTIONS, out: "taken" },
        io,
        parts(async () => record()),
      ),
    ).rejects.toThrow(/^--out: .*latest: expected a symbolic link/);
    await expect(run({ ...OPTIONS, out: "file/out" }, io, suite)).rejects.toThrow(/--out .*expected a folder/);
  });

  it("still writes the reports of an interrupted run", async () => {
    const { io, written } = testIo({ cwd });
    expect(
      await run(
        OPTIONS,
        io,
        parts(async () => record({ interrupted: true })),
      ),
    ).toBe(130);
    const text = await readFile(path.join(cwd, "out", "latest", "report.json"), "utf8");
    expect(parseReport(text, "report.json").run.interrupted).toBe(true);
    expect(written.stdout).toContain("interrupted");
  });

  it("returns 130 if an interrupted engine has no record, and passes a crash on", async () => {
    const { io, written } = testIo({ cwd });
    const signal = AbortSignal.abort(new Error("interrupted by SIGINT"));
    expect(
      await run(
        OPTIONS,
        io,
        parts(() => Promise.reject(signal.reason), signal),
      ),
    ).toBe(130);
    expect(written.stderr).toContain("interrupted before anything was recorded");
    const crash = new Error("bug");
    await expect(
      run(
        OPTIONS,
        io,
        parts(() => Promise.reject(crash), signal),
      ),
    ).rejects.toBe(crash);
  });
});
