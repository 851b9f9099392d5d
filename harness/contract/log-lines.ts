import { jsonObjectOf } from "../logs/fields.ts";
import { OpenLogs } from "../logs/open-logs.ts";
import { parseLine, type ParsedLine } from "../logs/parse.ts";
import { readLogFile } from "../logs/read.ts";

/** One line of the log: what the suite makes of it, and what stands in it. */
export interface LogLine {
  readonly parsed: ParsedLine;
  /** With its newline. */
  readonly bytes: number;
  readonly text: string;
  /** Members by name, where it is one JSON object. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** All lines of a log, live file and backups, as they stand on disk now. */
export async function readLogLines(patterns: readonly string[]): Promise<LogLine[]> {
  await using logs = await OpenLogs.open(patterns);
  const lines: LogLine[] = [];
  for (const { handle, diskBytes } of logs.files) {
    await readLogFile(handle, diskBytes, (line, _offset, terminated) => {
      // The last one may be about to be written.
      if (terminated) lines.push(logLineOf(line));
    });
  }
  return lines;
}

export function logLineOf(line: Buffer): LogLine {
  const parsed = parseLine(line);
  return {
    parsed,
    bytes: line.length + 1,
    text: line.toString("utf8", 0, 200),
    fields: (parsed.kind === "record" && jsonObjectOf(line)) || {},
  };
}
