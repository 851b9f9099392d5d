import { mkdir } from "node:fs/promises";
import path from "node:path";
import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { renderJson } from "../../reports/json.ts";
import { renderTable } from "../../reports/table.ts";
import { writeSamples } from "../../reports/samples.ts";
import { keyFigures } from "../../reports/words.ts";
import { ReportFolderError, writeAtomically, writeReports } from "../../reports/write.ts";
import { progressPrinter } from "../progress-printer.ts";
import type { ProgressEvent } from "../spec/progress.ts";
import type { RunRecord } from "../spec/run-record.ts";
import type { runSuite, SuiteOptions } from "../suite.ts";
import { UnknownTargetError } from "../targets/catalogue.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { isInterruption } from "./interruption.ts";
import { codeOf, UsageError, type CommandIo } from "./io.ts";

export interface RunOptions {
  /** Names of the catalogue or paths; the reference stack if empty. */
  readonly target: readonly string[];
  /** Ids or globs of scenarios, rules or target/site/scenario; all if empty. */
  readonly only: readonly string[];
  /** `NAME=VALUE`, added to the environment of the targets. */
  readonly env?: readonly string[];
  /** Say what would be done, and do none of it. */
  readonly dryRun?: boolean;
  /** More trials, every scenario on every site. */
  readonly thorough?: boolean;
  /** A further copy of `report.json`; `-` writes it to standard output, and all else to standard error. */
  readonly json?: string;
  /** Folder of the runs. */
  readonly out: string;
}

/** The engine, and what it is to run: handed in, so that the command can be tested without a server. */
export interface RunParts extends Pick<SuiteOptions, "packageRoot" | "hupspecVersion" | "scenarios" | "signal"> {
  readonly openSuite: (options: SuiteOptions) => Promise<{ readonly jobs: readonly unknown[] }>;
  readonly runSuite: typeof runSuite;
}

/** Runs scenarios on targets, shows the progress, writes the reports; the exit code is the verdict. */
export async function run(options: RunOptions, io: CommandIo, parts: RunParts): Promise<number> {
  const out = path.resolve(io.cwd, options.out);
  // Before minutes of work, not after them.
  await makeFolder(out);
  const shown = options.json === "-" ? io.stderr : io.stdout;
  using printer = progressPrinter({
    out: shown,
    isTTY: io.isTTY,
    figures: keyFigures,
    table: (record) => renderTable(record, { color: io.isTTY && (io.env["NO_COLOR"] ?? "") === "" }),
  });
  const record = await finished(options, io, parts, printer.onProgress);
  if (record === undefined) {
    io.stderr.write("hupspec: interrupted before anything was recorded\n");
    return EXIT.interrupted;
  }
  // Shown before it is written: a full disk must not take the verdict along.
  printer.finish(record);
  const folder = await write(record, out);
  if (options.json !== undefined) await writeJson(options.json, record, io);
  shown.write(`reports: ${path.relative(io.cwd, folder) || "."}\n`);
  return exitCodeOf(record);
}

async function finished(
  options: RunOptions,
  io: CommandIo,
  { openSuite, runSuite, ...parts }: RunParts,
  onProgress: (event: ProgressEvent) => void,
): Promise<RunRecord | undefined> {
  const suite = suiteOf(options, io, { ...parts, onProgress });
  try {
    await wantedJobs(suite, openSuite);
    return await runSuite({
      ...suite,
      onHistories: async (runId, histories) =>
        void (await writeSamples(path.join(path.resolve(io.cwd, options.out), runId), histories)),
    });
  } catch (error) {
    rejectWrongTarget(error);
    if (isInterruption(error, parts.signal)) return undefined;
    throw error;
  }
}

/** What the engine is told. @throws {UsageError} */
export function suiteOf(
  options: RunOptions,
  io: CommandIo,
  parts: Pick<SuiteOptions, "packageRoot" | "hupspecVersion" | "scenarios" | "signal" | "onProgress">,
): SuiteOptions {
  return {
    ...parts,
    targets: options.target.length > 0 ? options.target : "reference",
    only: options.only,
    thorough: options.thorough ?? false,
    targetEnv: environmentOf(options.env ?? []),
    env: io.env,
    cwd: io.cwd,
    command: commandLine(options),
  };
}

/** What there is to run; starts nothing. @throws {UsageError} if a target file is wrong, or a glob selects nothing. */
export async function wantedJobs<J>(
  suite: SuiteOptions,
  openSuite: (options: SuiteOptions) => Promise<{ readonly jobs: readonly J[] }>,
): Promise<readonly J[]> {
  try {
    for (const glob of suite.only) rejectIdle(glob, (await openSuite({ ...suite, only: [glob] })).jobs);
    return (await openSuite(suite)).jobs;
  } catch (error) {
    rejectWrongTarget(error);
    throw error;
  }
}

export function rejectWrongTarget(error: unknown): void {
  if (error instanceof ConfigFileError || error instanceof UnknownTargetError) {
    throw new UsageError(error.message, { cause: error });
  }
}

/** A glob that selects nothing is a slip of the pen, and a run of nothing would look like a quick success. */
export function rejectIdle(glob: string, jobs: readonly unknown[]): void {
  if (jobs.length > 0) return;
  throw new UsageError(
    `--only ${glob}: expected a scenario, a rule or target/site/scenario of these targets, or a glob that matches one`,
  );
}

export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new UsageError(`--out ${folder}: expected a folder that can be written (${codeOf(cause)})`, { cause });
  }
}

async function write(record: RunRecord, out: string): Promise<string> {
  try {
    return (await writeReports(record, out)).folder;
  } catch (cause) {
    if (cause instanceof ReportFolderError) throw new UsageError(`--out: ${cause.message}`, { cause });
    throw cause;
  }
}

async function writeJson(file: string, record: RunRecord, io: CommandIo): Promise<void> {
  if (file === "-") {
    io.stdout.write(renderJson(record));
    return;
  }
  try {
    await writeAtomically(path.resolve(io.cwd, file), renderJson(record));
  } catch (cause) {
    throw new UsageError(`--json ${file}: expected a file that can be written (${codeOf(cause)})`, { cause });
  }
}

function environmentOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", ...value] = pair.split("=");
      if (/^[A-Za-z_]\w*$/.test(name) && value.length > 0) return [name, value.join("=")];
      throw new UsageError(`--env ${pair}: expected NAME=VALUE`);
    }),
  );
}

function commandLine({ target, only, env = [], thorough }: RunOptions): string {
  const words = [
    ...env.flatMap((pair) => ["--env", pair]),
    ...(thorough ? ["--thorough"] : []),
    ...target.flatMap((name) => ["--target", name]),
    ...only.flatMap((glob) => ["--only", glob]),
  ];
  return ["npx hupspec run", ...words.map(quoted)].join(" ");
}

function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
