import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseReport } from "../../reports/json.ts";
import { seconds } from "../../reports/words.ts";
import { type Job, whyRuleUnsupported, whyUnsupported } from "../jobs.ts";
import type { ScenarioRecord } from "../spec/run-record.ts";
import type { SuiteOptions } from "../suite.ts";
import { describeTarget } from "../targets/description.ts";
import { unavailableReason } from "../targets/errors.ts";
import { missingOf } from "../targets/installed.ts";
import type { CommandIo } from "./io.ts";
import { type RunOptions, type RunParts, suiteOf, wantedJobs } from "./run.ts";

export interface DryRunParts extends Pick<RunParts, "packageRoot" | "hupspecVersion" | "scenarios" | "signal"> {
  readonly openSuite: (options: SuiteOptions) => Promise<{ readonly jobs: readonly Job[] }>;
}

/** Prints what `run` with the same options would start, send and decide. Starts, sends and writes nothing. */
export async function dryRun(options: RunOptions, io: CommandIo, parts: DryRunParts): Promise<number> {
  const { openSuite, ...rest } = parts;
  const jobs = await wantedJobs(suiteOf(options, io, { ...rest, onProgress: () => undefined }), openSuite);
  const durations = await earlierDurations(path.resolve(io.cwd, options.out));
  const print = (line = ""): void => void io.stdout.write(`${line}\n`);
  print("dry run: nothing is started, sent or written");
  for (const [definition, own] of Map.groupBy(jobs, (job) => job.definition)) {
    const { name, file, settings } = definition;
    print();
    print(`${name}, ${settings.role}, ${path.relative(io.cwd, file) || file}`);
    const missing = unavailableReason(await missingOf(definition, io.env));
    const lines = [...(missing === "" ? [] : [["lacks", missing] as const]), ...describeTarget(definition, io.env)];
    const width = Math.max(...lines.map(([what]) => what.length));
    for (const [what, how] of lines) print(`  ${what.padEnd(width)}  ${how}`);
    for (const line of plan(own, durations)) print(line);
  }
  return 0;
}

/** Scenarios that would run with what they decide, then the rules that would not be decided, by reason. */
function plan(jobs: readonly Job[], durations: ReadonlyMap<string, number>): string[] {
  const runs = jobs.filter((job) => whyUnsupported(job) === undefined);
  const decided = new Set<string>();
  const lines = ["", `  runs ${count(runs.length, "scenario")}:`];
  for (const job of runs) {
    const { scenario, site, definition } = job;
    const rules = scenario.decides.filter((id) => whyRuleUnsupported(id, job) === undefined);
    for (const id of rules) decided.add(id);
    const took = durations.get(keyOf(definition.name, site, scenario.id));
    const variant = scenario.variant ? `, started as ${scenario.variant}` : "";
    const lasted = took === undefined ? "" : `, ${seconds(took)} the last time`;
    lines.push(`    ${scenario.id} on ${site}${variant}${lasted}`, `      ${scenario.title}`);
    lines.push(...rules.map((id) => `      decides ${id}`));
  }
  const known = runs.map((job) => durations.get(keyOf(job.definition.name, job.site, job.scenario.id)));
  const told = known.filter((ms) => ms !== undefined);
  if (told.length > 0) {
    const rest = known.length - told.length;
    const sum = told.reduce((total, ms) => total + ms, 0);
    lines.push(`    in all ${seconds(sum)} by the last run${rest > 0 ? `, and ${rest} that it does not tell of` : ""}`);
  }

  const reasons = new Map<string, string>();
  for (const job of jobs) {
    for (const id of job.scenario.decides) {
      if (!decided.has(id)) reasons.set(id, whyRuleUnsupported(id, job) ?? whyUnsupported(job) ?? "");
    }
  }
  lines.push("", `  decides ${count(decided.size, "rule")}; ${reasons.size} unsupported${reasons.size > 0 ? ":" : ""}`);
  for (const [reason, rules] of Map.groupBy(reasons, ([, reason]) => reason)) {
    lines.push(`    ${reason}:`, ...rules.map(([id]) => `      ${id}`));
  }
  return lines;
}

/** What each scenario took in the run before, where its report is still there. */
async function earlierDurations(out: string): Promise<ReadonlyMap<string, number>> {
  const file = path.join(out, "latest", "report.json");
  try {
    const { targets } = parseReport(await readFile(file, "utf8"), file);
    return new Map(
      targets.flatMap(({ name, scenarios }) =>
        scenarios.map(({ site, id, durationMs }: ScenarioRecord) => [keyOf(name, site, id), durationMs] as const),
      ),
    );
  } catch {
    // No run yet, or one of another version: an estimate is all that is lost.
    return new Map();
  }
}

function keyOf(target: string, site: string, scenario: string): string {
  return `${target}/${site}/${scenario}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
