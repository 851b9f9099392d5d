import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { ReportFileError } from "../../reports/json.ts";
import { digestIn, renderDigest, withDigest } from "../../reports/matrix/digest.ts";
import { renderMatrixFiles } from "../../reports/matrix/files.ts";
import { evidencePage, matrixOfRuns } from "../../reports/matrix/matrix.ts";
import { parseMatrixRun, renderMatrixRun } from "../../reports/matrix/run-file.ts";
import { writeAtomically } from "../../reports/write.ts";
import type { MatrixRun } from "../spec/matrix-run.ts";
import { codeOf, UsageError } from "./io.ts";

/** The finished run of a target, if there is one that can be read: any other is made anew. */
export async function readRun(folder: string, target: string): Promise<MatrixRun | undefined> {
  try {
    return parseMatrixRun(await readFile(runFile(folder, target), "utf8"), target);
  } catch (error) {
    if (error instanceof ReportFileError || codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** All finished runs, whoever asked for them. One that can't be read must not go missing in silence. */
export async function readRuns(folder: string): Promise<readonly MatrixRun[]> {
  const runs = path.join(folder, "runs");
  const names = await readdir(runs).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  const files = names.filter((name) => name.endsWith(".json") && !name.startsWith(".")).toSorted();
  return Promise.all(
    files.map(async (name) => {
      const file = path.join(runs, name);
      try {
        return parseMatrixRun(await readFile(file, "utf8"), file);
      } catch (cause) {
        if (!(cause instanceof ReportFileError)) throw cause;
        throw new UsageError(`${cause.message}\nremove the file, or have its target judged again`, { cause });
      }
    }),
  );
}

export async function writeRun(folder: string, target: string, run: MatrixRun): Promise<void> {
  const file = runFile(folder, target);
  await mkdir(path.dirname(file), { recursive: true });
  await writeAtomically(file, renderMatrixRun(run));
}

export async function removeRun(folder: string, target: string): Promise<void> {
  await rm(runFile(folder, target), { force: true });
}

/** Renews all that is generated from the runs, and takes away the pages of targets that have none any more. */
export async function writeMatrix(folder: string, runs: readonly MatrixRun[]): Promise<void> {
  const files = renderMatrixFiles(runs);
  for (const [name, content] of files) await writeAtomically(path.join(folder, name), content);
  for (const name of await readdir(path.join(folder, "runs"))) {
    const stale = /\.(md|html)$/.test(name) && !files.has(`runs/${name}`);
    if (stale) await rm(path.join(folder, "runs", name), { force: true });
  }
}

/** @throws {UsageError} if the README has no place for a digest. */
export async function checkReadme(file: string): Promise<void> {
  if (digestIn(await readReadme(file)) !== undefined) return;
  throw new UsageError(
    `--readme ${file}: expected the lines <!-- matrix:begin --> and <!-- matrix:end -->, between which the digest belongs`,
  );
}

export async function writeReadme(file: string, folder: string, runs: readonly MatrixRun[]): Promise<void> {
  const link = path.relative(path.dirname(file), folder) || ".";
  const renewed = withDigest(await readReadme(file), renderDigest(matrixOfRuns(runs), link));
  if (renewed !== undefined) await writeAtomically(file, renewed);
}

async function readReadme(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UsageError(`--readme ${file}: expected a file that can be read (${codeOf(cause)})`, { cause });
  }
}

function runFile(folder: string, target: string): string {
  return path.join(folder, evidencePage(target, "json"));
}
