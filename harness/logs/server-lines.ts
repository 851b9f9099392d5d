import { LIMITS } from "../spec/limits.ts";
import { OpenLogs } from "./open-logs.ts";
import { parseLine } from "./parse.ts";
import { readLogFile } from "./read.ts";

/** Records that the probe contract has the application write; all else is what the server, or somebody else, has to say. */
const CONTRACT_EVENTS: ReadonlySet<string> = new Set(["received", "answered", "record", "dropped"]);

/** Lines of the files that are no records of the probe contract, oldest first, each at most an excerpt long. */
export async function readServerLines(patterns: readonly string[]): Promise<string[]> {
  await using logs = await OpenLogs.open(patterns);
  const lines: string[] = [];
  for (const { handle, diskBytes } of logs.files) {
    await readLogFile(handle, diskBytes, (line) => {
      const parsed = parseLine(line);
      if (parsed.kind === "record" && CONTRACT_EVENTS.has(parsed.event)) return;
      if (line.length > 0) lines.push(line.toString("utf8", 0, LIMITS.serverLineBytes));
    });
  }
  return lines;
}
