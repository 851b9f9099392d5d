import path from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { openSuite } from "../harness/suite.ts";
import type { Verdict } from "../harness/spec/verdict.ts";
import { progressPrinter } from "../harness/progress-printer.ts";
import { writeSamples } from "../reports/samples.ts";
import { renderTable } from "../reports/table.ts";
import { keyFigures } from "../reports/words.ts";
import { writeReports } from "../reports/write.ts";
import { scenarios } from "./index.ts";

/*
 * The vitest face of the engine: one test per target, site and scenario. HUPSPEC_TARGET names other targets than the
 * reference stack (catalogue names or paths, separated by commas), HUPSPEC_ONLY restricts the scenarios, HUPSPEC_THOROUGH=1 takes its time.
 */

const packageRoot = path.resolve(import.meta.dirname, "..");
const outDir = path.join(packageRoot, "reports", "out");
const interrupted = new AbortController();
const printer = progressPrinter({
  out: process.stdout,
  isTTY: false,
  figures: keyFigures,
  table: (record) => renderTable(record, { color: false }),
});

const suite = await openSuite({
  targets: listOf("HUPSPEC_TARGET") ?? "reference",
  only: listOf("HUPSPEC_ONLY") ?? [],
  thorough: process.env["HUPSPEC_THOROUGH"] === "1",
  packageRoot,
  hupspecVersion: packageJson.version,
  scenarios,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupted.signal,
  command: "npx vitest run scenarios",
  onProgress: (event) => printer.onProgress(event),
  onHistories: async (runId, histories) => void (await writeSamples(path.join(outDir, runId), histories)),
});

const targets = new Set(suite.jobs.map(({ definition }) => definition));

afterEach(({ signal }) => {
  if (signal.aborted) interrupted.abort(signal.reason);
});

afterAll(async () => {
  const record = suite.record();
  printer.finish(record);
  const { folder } = await writeReports(record, outDir);
  console.log(`reports: ${path.relative(process.cwd(), folder)}`);
});

test("there is something to run", () => {
  expect(suite.jobs.length).toBeGreaterThan(0);
});

describe.each([...targets].map((definition) => ({ name: definition.name, definition })))("$name", ({ definition }) => {
  const jobs = suite.jobs.filter((job) => job.definition === definition);
  test.each(jobs.map((job) => ({ ...job, title: `${job.site} › ${job.scenario.id}` })))("$title", async (job) => {
    const result = await suite.run(job);
    if (result.status !== "ok") throw new Error(`${result.status}: ${result.reason}`);
    const bad = result.verdicts.filter(isBad);
    if (bad.length > 0)
      throw new Error(`${bad.length} of ${result.verdicts.length} rules\n${bad.map(describeVerdict).join("\n")}`);
  });

  // A target on which all is unsupported must not look like one that obeys all.
  test.runIf(jobs.length > 0)("some rule was decided", () => {
    const verdicts = suite.record().targets.find(({ name }) => name === definition.name)?.verdicts ?? [];
    expect(verdicts.map(({ verdict }) => verdict).filter((verdict) => verdict !== "unsupported")).not.toEqual([]);
  });
});

function listOf(variable: string): readonly string[] | undefined {
  const items = (process.env[variable] ?? "").split(",").map((item) => item.trim());
  const named = items.filter((item) => item !== "");
  return named.length > 0 ? named : undefined;
}

/** A run that decided nothing is no success: `inconclusive` turns a test red as a failure does. */
function isBad({ verdict }: Verdict): boolean {
  return verdict === "fail" || verdict === "inconclusive";
}

function describeVerdict({ requirement, verdict, reason, expected, observed, evidence, repeat }: Verdict): string {
  return [
    `${verdict}: ${requirement}${reason === "" ? "" : ` - ${reason}`}`,
    `  expected: ${expected}`,
    `  observed: ${observed}`,
    ...evidence.map(({ text }) => `  | ${text}`),
    `  repeat: ${repeat}`,
  ].join("\n");
}
