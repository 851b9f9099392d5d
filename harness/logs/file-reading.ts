import type { LogFileFacts } from "../spec/history.ts";
import { wallMsOf } from "./fields.ts";
import type { FoundLogFile } from "./find.ts";
import type { LineFinding, LogTally } from "./log-tally.ts";
import { parseLine } from "./parse.ts";
import type { FileContent } from "./read.ts";

/** Goes through the lines of one file, feeds the tally and keeps what is said of the file itself. */
export class FileReading {
  readonly found: FoundLogFile;
  readonly #tally: LogTally;
  /** The file before it in its stream ends without a newline: our first line may be the rest of its last. */
  readonly #continues: boolean;
  #lines = 0;
  #records = 0;
  #longestLineBytes = 0;
  #startsWhole = true;
  #firstRecord: Buffer | undefined;
  #lastRecord: Buffer | undefined;
  #last: LineFinding | undefined;
  #lastTerminated = true;

  constructor(found: FoundLogFile, tally: LogTally, continues: boolean) {
    this.found = found;
    this.#tally = tally;
    this.#continues = continues;
  }

  get endsMidLine(): boolean {
    return !this.#lastTerminated;
  }

  readonly onLine = (line: Buffer, offset: number, terminated: boolean): void => {
    const parsed = parseLine(line);
    const lineBytes = line.length + Number(terminated);
    if (lineBytes > this.#longestLineBytes) this.#longestLineBytes = lineBytes;
    if (parsed.kind === "record") {
      this.#tally.addRecord(parsed, line, lineBytes, this.found.name, offset);
      this.#records++;
      this.#firstRecord ??= Buffer.from(line);
      this.#lastRecord = line;
      this.#last = undefined;
    } else {
      // What looks like any text is the middle or the end of a record if the file before it breaks off.
      const torn = parsed.kind === "not-a-record" && this.#lines === 0 && this.#continues;
      const kind = torn ? "torn" : parsed.kind;
      if (this.#lines === 0) this.#startsWhole = !isPart(kind) || (line[0] === 0x7b && !this.#continues);
      this.#last = this.#tally.addDamage({
        place: { file: this.found.name, offset },
        kind,
        encoding: parsed.encoding,
        line,
        edge: this.#lines === 0 && !this.#startsWhole ? "start" : undefined,
      });
    }
    this.#lines++;
    this.#lastTerminated = terminated;
  };

  /** To be called once, after the last line. */
  finish(content: FileContent, diskBytes: number): LogFileFacts {
    const endsAtBoundary =
      this.#lastTerminated && !(this.#last && isPart(this.#last.kind) && !endsWhole(this.#last.line));
    if (this.#last && !endsAtBoundary) this.#tally.markFileEnd(this.#last);
    const firstWallMs = this.#firstRecord && wallMsOf(this.#firstRecord);
    const lastWallMs = this.#lastRecord && wallMsOf(this.#lastRecord);
    return {
      name: this.found.name,
      stream: this.found.stream,
      live: this.found.live,
      compression: content.compression,
      diskBytes,
      bytes: content.bytes,
      records: this.#records,
      longestLineBytes: this.#longestLineBytes,
      startsAtBoundary: this.#startsWhole,
      endsAtBoundary,
      ...(content.unpackError !== undefined && { unpackError: content.unpackError }),
      ...(firstWallMs !== undefined && { firstWallMs }),
      ...(lastWallMs !== undefined && { lastWallMs }),
    };
  }
}

function isPart(kind: LineFinding["kind"]): boolean {
  return kind === "torn" || kind === "interleaved";
}

/** The end of a torn record may be right; only its beginning is elsewhere then. */
function endsWhole(line: Buffer): boolean {
  return line.length === 0 || line.at(-1) === 0x7d;
}
