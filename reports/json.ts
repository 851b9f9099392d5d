import { z } from "zod";
import type { RunRecord } from "../harness/spec/run-record.ts";
import { reportSchema } from "./schema/report.ts";

/** `report.json`. */
export function renderJson(record: RunRecord): string {
  return renderDocument(record);
}

/** JSON, indented, each array of numbers on one line. */
export function renderDocument(content: unknown): string {
  const indented = JSON.stringify(content, undefined, 2);
  // Within a string a line break is escaped, so that only real arrays can match.
  const compact = indented.replace(/\[\n[-\d.e+,\s]*\]/g, (array) => array.replace(/\s+/g, "").replaceAll(",", ", "));
  return `${compact}\n`;
}

/** Not a report: `message` names the file, the place in it and what was expected there. */
export class ReportFileError extends Error {
  override readonly name = "ReportFileError";
}

/** Reads the text of a `report.json` back; `file` only labels what is wrong. */
export function parseReport(text: string, file: string): RunRecord {
  return parseDocument(text, { file, schema: reportSchema, expected: "JSON as written by `hupspec run`" });
}

/** @throws {ReportFileError} */
export function parseDocument<T>(
  text: string,
  { file, schema, expected }: { readonly file: string; readonly schema: z.ZodType<T>; readonly expected: string },
): T {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ReportFileError(`${file}: expected ${expected} (${reason})`, { cause });
  }
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  throw new ReportFileError(
    result.error.issues
      .slice(0, 10)
      .map((issue) => `${file}: ${place(issue)}`)
      .join("\n"),
    {
      cause: result.error,
    },
  );
}

function place({ path, message }: z.core.$ZodIssue): string {
  return `${z.core.toDotPath(path) || "(root)"}: ${message}`;
}
