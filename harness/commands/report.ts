import { readFile } from "node:fs/promises";
import path from "node:path";
import { renderHtml } from "../../reports/html.ts";
import { parseReport, renderJson, ReportFileError } from "../../reports/json.ts";
import { renderJunit } from "../../reports/junit.ts";
import { renderMarkdown } from "../../reports/markdown.ts";
import { renderTable } from "../../reports/table.ts";
import type { RunRecord } from "../spec/run-record.ts";
import { codeOf, UsageError, type CommandIo } from "./io.ts";
import type { ReportFormat, ReportOptions } from "./report-formats.ts";

const RENDERERS: Readonly<Record<ReportFormat, (record: RunRecord, color: boolean) => string>> = {
  table: (record, color) => renderTable(record, { color }),
  markdown: renderMarkdown,
  junit: renderJunit,
  html: renderHtml,
  json: renderJson,
};

/** Renders the `report.json` of a finished run; its verdict does not show in the exit code. */
export async function report(options: ReportOptions, io: CommandIo): Promise<number> {
  const record = parse(await read(options.file, io.cwd), options.file);
  io.stdout.write(RENDERERS[options.format](record, io.isTTY && (io.env["NO_COLOR"] ?? "") === ""));
  return 0;
}

async function read(file: string, cwd: string): Promise<string> {
  try {
    return await readFile(path.resolve(cwd, file), "utf8");
  } catch (cause) {
    throw new UsageError(`${file}: expected the report.json of a run (${codeOf(cause)})`, { cause });
  }
}

function parse(text: string, file: string): RunRecord {
  try {
    return parseReport(text, file);
  } catch (cause) {
    if (cause instanceof ReportFileError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}
