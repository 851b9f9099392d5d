import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { History } from "../harness/spec/history.ts";

/**
 * Writes the raw samples of one replay to `FOLDER/samples/TARGET.SITE.GROUP.SCENARIO.jsonl.gz`: a JSON object a line with
 * `phase` and `kind` (`load`, `request`, `action`, `held`, `process-table`, `log`, `observation`, `stop`); times in milliseconds on the
 * clock of the phase. What a verdict's evidence speaks of can be looked up here.
 *
 * @returns the path of the file.
 */
export async function writeSamples(folder: string, histories: readonly History[]): Promise<string> {
  const [first] = histories;
  if (!first) throw new TypeError("expected at least one history");
  const name = [first.target.name, first.target.site, ...first.scenario.split("/")].join(".");
  const file = path.join(folder, "samples", `${name}.jsonl.gz`);
  await mkdir(path.dirname(file), { recursive: true });
  await pipeline(Readable.from(linesOf(histories)), createGzip(), createWriteStream(file));
  return file;
}

function* linesOf(histories: readonly History[]): Iterable<string> {
  for (const history of histories) {
    const { phase } = history;
    for (const { ledger, ...load } of history.loads) {
      yield line(phase, "load", load);
      for (const row of ledger.rows()) yield line(phase, "request", { load: load.name, ...row });
    }
    for (const action of history.actions) yield line(phase, "action", { ...action, action: action.kind });
    for (const held of history.held) yield line(phase, "held", held);
    for (const sample of history.processes.samples) yield line(phase, "process-table", sample);
    for (const { requests, ...log } of history.logs) yield line(phase, "log", { ...log, requests: requests.size });
    for (const { kind, ...seen } of history.observations) yield line(phase, "observation", { ...seen, seen: kind });
    if (history.stop) yield line(phase, "stop", history.stop);
  }
}

function line(phase: string, kind: string, facts: object): string {
  return `${JSON.stringify({ phase, ...facts, kind })}\n`;
}
