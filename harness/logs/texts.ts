import type { LogText } from "../spec/history.ts";
import { jsonObjectOf } from "./fields.ts";

/** Of all runs together; beyond that the oldest are forgotten. */
const MAX_LINES = 2_000;
const MAX_LINE_CHARACTERS = 400;
/** A record longer than this is not looked into. */
const MAX_RECORD_BYTES = 64 * 1024;

/** Gathers what a log holds besides records: runs of lines without a record in between. */
export class LogTexts {
  readonly #runs: (Omit<LogText, "lines"> & { readonly lines: string[] })[] = [];
  #lines = 0;
  #isOpen = false;

  /** Another file; one that goes on with the log of the file before may go on with its text too. */
  beginFile(continues: boolean): void {
    this.#isOpen &&= continues;
  }

  addText(file: string, offset: number, line: Buffer): void {
    if (!this.#isOpen) this.#runs.push({ file, offset, inRecord: false, lines: [] });
    this.#isOpen = true;
    this.#runs.at(-1)?.lines.push(shortened(line.toString("utf8")));
    this.#lines++;
    this.#forget();
  }

  /** A line that ends a run, as it is a record or was one. What stands in a record in several lines is a text too. */
  addRecord(file: string, offset: number, line: Buffer): void {
    this.#isOpen = false;
    if (line.length > MAX_RECORD_BYTES || !line.includes("\\n")) return;
    const message = jsonObjectOf(line)?.["msg"];
    if (typeof message !== "string" || !message.includes("\n")) return;
    const lines = message.split("\n").map(shortened);
    this.#runs.push({ file, offset, inRecord: true, lines });
    this.#lines += lines.length;
    this.#forget();
  }

  get runs(): readonly LogText[] {
    return this.#runs;
  }

  #forget(): void {
    while (this.#lines > MAX_LINES && this.#runs.length > 1) this.#lines -= this.#runs.shift()?.lines.length ?? 0;
  }
}

function shortened(line: string): string {
  return line.length > MAX_LINE_CHARACTERS ? line.slice(0, MAX_LINE_CHARACTERS) : line;
}
