import { randomUUID } from "node:crypto";
import { lstat, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { RunRecord } from "../harness/spec/run-record.ts";
import { renderHtml } from "./html.ts";
import { renderJson } from "./json.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";

const WRITERS: Readonly<Record<string, (record: RunRecord) => string>> = {
  "report.json": renderJson,
  "summary.md": renderMarkdown,
  "junit.xml": renderJunit,
  "report.html": renderHtml,
};

export interface WrittenReports {
  /** Absolute path of the run's folder. */
  readonly folder: string;
  /** Absolute paths of the files written. */
  readonly files: readonly string[];
}

/** The folder that was named can't take reports; `message` says what was expected there. */
export class ReportFolderError extends Error {
  override readonly name = "ReportFolderError";
}

/**
 * Writes all reports of a run into `<out>/<run id>/`, then points `<out>/latest` there. The link is flipped last and by
 * rename: whoever reads `latest` finds a whole run, this one or the one before.
 */
export async function writeReports(record: RunRecord, out: string): Promise<WrittenReports> {
  const { id } = record.run;
  if (id === "" || id.startsWith(".") || id === "latest" || path.basename(id) !== id) {
    throw new Error(`expected a run id that can name a folder, not ${JSON.stringify(id)}`);
  }
  const folder = path.resolve(out, id);
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const [name, render] of Object.entries(WRITERS)) {
    const file = path.join(folder, name);
    await writeAtomically(file, render(record));
    files.push(file);
  }
  await pointTo(path.resolve(out, "latest"), id);
  return { folder, files };
}

/** A reader of `file` sees the old content or the new one, never a part. */
export async function writeAtomically(file: string, content: string): Promise<void> {
  await replace(file, (temporary) => writeFile(temporary, content));
}

async function pointTo(link: string, id: string): Promise<void> {
  const standing = await lstat(link).catch(ignoreMissing);
  if (standing && !standing.isSymbolicLink()) {
    throw new ReportFolderError(`${link}: expected a symbolic link to the latest run, or nothing, to stand there`);
  }
  await replace(link, (temporary) => symlink(id, temporary));
}

async function replace(file: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}`);
  try {
    await make(temporary);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}
