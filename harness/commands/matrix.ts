import { realpath } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { worstConclusion } from "../../reports/conclusion.ts";
import { excerptOf } from "../../reports/matrix/excerpt.ts";
import { CONCLUSION_WORDS, keyFigures, plural } from "../../reports/words.ts";
import { progressPrinter } from "../progress-printer.ts";
import { restateTarget } from "../restate.ts";
import { CATALOGUE_VERSION } from "../spec/catalogue-changes.ts";
import type { MatrixBasis, MatrixRun } from "../spec/matrix-run.ts";
import type { ProgressEvent } from "../spec/progress.ts";
import type { RunRecord } from "../spec/run-record.ts";
import type { SuiteOptions } from "../suite.ts";
import type { TargetDefinition } from "../targets/target-definition.ts";
import { hashOfTarget } from "../targets/target-hash.ts";
import { readVersion } from "../targets/version.ts";
import { EXIT } from "./exit-code.ts";
import { isInterruption } from "./interruption.ts";
import { UsageError, type CommandIo } from "./io.ts";
import { checkReadme, readRun, readRuns, removeRun, writeMatrix, writeReadme, writeRun } from "./matrix-files.ts";
import { chooseTargets } from "./matrix-targets.ts";
import { makeFolder, rejectIdle, suiteOf, type RunParts } from "./run.ts";

export interface MatrixOptions {
  /** `all`, `installed`, or names of the catalogue and paths of target files. */
  readonly targets: readonly string[];
  /** As for `run`; makes a matrix with holes, which has to have a folder of its own. */
  readonly only: readonly string[];
  readonly thorough?: boolean;
  /** Forget what was judged of these targets before. */
  readonly fresh?: boolean;
  /** Start nothing: renew the pages from the runs that there are. */
  readonly render?: boolean;
  /** Folder of the matrix; the published one if absent. */
  readonly out?: string;
  /** A file whose digest is renewed; README.md if no name is given. */
  readonly readme?: string | boolean;
}

export interface MatrixParts extends Omit<RunParts, "openSuite"> {
  readonly openSuite: (
    options: SuiteOptions,
  ) => Promise<{ readonly jobs: readonly { readonly site: string; readonly scenario: { readonly id: string } }[] }>;
}

const PUBLISHED = path.join("reports", "published");

/**
 * Judges one target after the other and puts their runs side by side. Each run is on disk as soon as its target is finished, and
 * is not repeated while suite, catalogue, target and selection are the same; known failures may change, and are stated anew. The pages
 * are renewed when all are there.
 */
export async function matrix(options: MatrixOptions, io: CommandIo, parts: MatrixParts): Promise<number> {
  if (options.only.length > 0 && options.out === undefined) {
    throw new UsageError(`--only makes a matrix with holes: name a folder for it by --out, other than ${PUBLISHED}`);
  }
  const folder = path.resolve(io.cwd, options.out ?? PUBLISHED);
  const readme = readmeOf(options, io);
  await makeFolder(folder);
  if (readme !== undefined) await checkReadme(readme);
  const code = options.render === true ? EXIT.conformant : await judge(folder, options, io, parts);
  if (code === EXIT.interrupted) return code;
  const runs = await readRuns(folder);
  if (runs.length === 0)
    throw new UsageError(`${options.out ?? PUBLISHED}: expected finished runs in runs/, there are none`);
  await writeMatrix(folder, runs);
  if (readme !== undefined) await writeReadme(readme, folder, runs);
  io.stdout.write(
    `matrix of ${plural(runs.length, "target")}: ${path.relative(io.cwd, path.join(folder, "matrix.md"))}\n`,
  );
  return code;
}

function readmeOf({ readme }: MatrixOptions, { cwd }: CommandIo): string | undefined {
  if (readme === undefined || readme === false) return undefined;
  return path.resolve(cwd, readme === true ? "README.md" : readme);
}

/** The exit code says of the targets asked for what that of `run` would. */
async function judge(folder: string, options: MatrixOptions, io: CommandIo, parts: MatrixParts): Promise<number> {
  const { definitions, installedOnly } = await chooseTargets(options.targets, parts.packageRoot, io);
  const suites = definitions.map((definition) => suiteFor(definition, options, io, parts));
  for (const glob of options.only) {
    const selected = await Promise.all(suites.map((suite) => parts.openSuite({ ...suite, only: [glob] })));
    rejectIdle(
      glob,
      selected.flatMap(({ jobs }) => jobs),
    );
  }
  if (options.fresh === true) for (const { name } of definitions) await removeRun(folder, name);

  const targets = [];
  for (const [place, definition] of definitions.entries()) {
    const suite = suites[place] ?? suiteFor(definition, options, io, parts);
    const run = await finishedRun(folder, definition, suite, io, parts);
    if (run === undefined) {
      const kept = `${place} of ${plural(definitions.length, "target")} finished and kept in ${path.relative(io.cwd, folder) || "."}`;
      io.stderr.write(
        `hupspec: interrupted: ${kept}; the same command, without --fresh, goes on with ${definition.name}\n`,
      );
      return EXIT.interrupted;
    }
    targets.push(...run.record.targets);
  }
  const asked = targets.filter(({ status }) => !installedOnly || status !== "unavailable");
  return EXIT[worstConclusion(asked)];
}

function suiteFor(
  { askedFor }: TargetDefinition,
  { only, thorough = false }: MatrixOptions,
  io: CommandIo,
  { openSuite: _openSuite, runSuite: _runSuite, ...parts }: MatrixParts,
): SuiteOptions {
  return suiteOf({ target: [askedFor], only, thorough, out: "" }, io, { ...parts, onProgress: () => undefined });
}

/** The run that is there, or a new one; undefined if it was interrupted. */
async function finishedRun(
  folder: string,
  definition: TargetDefinition,
  suite: SuiteOptions,
  io: CommandIo,
  parts: MatrixParts,
): Promise<MatrixRun | undefined> {
  const { name } = definition;
  try {
    const basis = await basisOf(definition, suite, parts);
    const hidden = await hiddenFolders(definition, io, parts);
    const before = await readRun(folder, name);
    if (before && isDone(before, basis)) {
      io.stdout.write(`${name}: kept, judged ${before.record.run.startedAt.slice(0, 10)}\n`);
      return await restated(folder, definition, before, hidden);
    }
    using printer = progressPrinter({ out: io.stdout, isTTY: io.isTTY, figures: keyFigures, table: closingLine });
    const onProgress = (event: ProgressEvent): void => printer.onProgress(event);
    const record = await parts.runSuite({ ...suite, onProgress });
    if (record.run.interrupted) return undefined;
    printer.finish(record);
    const run: MatrixRun = { schemaVersion: 1, basis, record: excerptOf(record, hidden) };
    await writeRun(folder, name, run);
    return run;
  } catch (error) {
    if (isInterruption(error, parts.signal)) return undefined;
    throw error;
  }
}

/** What was judged before, with what the target file says by now of its failures. */
async function restated(
  folder: string,
  definition: TargetDefinition,
  run: MatrixRun,
  hidden: readonly string[],
): Promise<MatrixRun> {
  const targets = run.record.targets.map((target) => restateTarget(target, definition));
  const renewed = { ...run, record: excerptOf({ ...run.record, targets }, hidden) };
  if (isDeepStrictEqual(renewed, run)) return run;
  await writeRun(folder, definition.name, renewed);
  return renewed;
}

async function basisOf(definition: TargetDefinition, suite: SuiteOptions, parts: MatrixParts): Promise<MatrixBasis> {
  const { jobs } = await parts.openSuite(suite);
  return {
    hupspecVersion: parts.hupspecVersion,
    catalogueVersion: CATALOGUE_VERSION,
    targetVersion: await readVersion(definition, suite.env, suite.signal),
    targetHash: await hashOfTarget(definition),
    thorough: suite.thorough ?? false,
    scenarios: jobs.map(({ site, scenario }) => `${site}/${scenario.id}`),
  };
}

/** A target that was missing, or did not boot, may be there now. */
function isDone({ basis, record }: MatrixRun, wanted: MatrixBasis): boolean {
  return isDeepStrictEqual(basis, wanted) && record.targets.every(({ status }) => status === "ok");
}

function closingLine({ targets, run }: RunRecord): string {
  const words = targets.map((target) => `${target.name}: ${CONCLUSION_WORDS[worstConclusion([target])]}`);
  return `${words.join(", ")}, ${Math.round(run.durationMs / 1_000)} s\n\n`;
}

/** Longest first, so that none is cut out of another. What is in the package is told by its place there. */
async function hiddenFolders(
  { folder }: TargetDefinition,
  { env }: CommandIo,
  { packageRoot }: MatrixParts,
): Promise<readonly string[]> {
  const outside = path.relative(packageRoot, folder).startsWith("..") ? [folder] : [];
  const named = [path.dirname(process.execPath), packageRoot, ...outside, env["HOME"] ?? ""].filter(path.isAbsolute);
  const real = await Promise.all(named.map((name) => realpath(name).catch(() => name)));
  return [...named, ...real]
    .map((name) => path.join(name, path.sep))
    .filter((name) => name !== path.sep)
    .toSorted((a, b) => b.length - a.length);
}
