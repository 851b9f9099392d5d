import { isAscii } from "node:buffer";
import type { LogDamage, LogDamageKind, LogPlace, LogSnapshot, WriterFacts } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import type { ParsedRecord } from "./parse.ts";
import { RequestTally } from "./request-tally.ts";
import { Sequence } from "./sequence.ts";
import { LogTexts } from "./texts.ts";

export interface LineFinding {
  readonly place: LogPlace;
  readonly kind: LogDamageKind;
  readonly encoding: boolean;
  readonly line: Buffer;
  readonly edge: "start" | undefined;
}

interface Writer {
  readonly pid: number;
  readonly generation: number;
  readonly sequence: Sequence;
  gapAt?: LogPlace;
  repeatAt?: LogPlace;
}

/** Of each kind of damage, and of each writer's missing numbers, so many are kept one by one. */
const LISTED = 20;

/** What all files of a log add up to. */
export class LogTally {
  readonly #writers = new Map<string, Writer>();
  readonly #requests = new RequestTally();
  readonly #texts = new LogTexts();
  readonly #damage: { -readonly [Key in keyof LogDamage]: LogDamage[Key] }[] = [];
  readonly #damageCount: Record<LogDamageKind, number> = {
    torn: 0,
    interleaved: 0,
    "bad-sum": 0,
    "not-a-record": 0,
    "counted-drop": 0,
  };
  #records = 0;
  #anonymousRecords = 0;
  #multibyteRecords = 0;
  #droppedRecords = 0;

  /** `lineBytes` counts the newline, if there is one. */
  addRecord(record: ParsedRecord, line: Buffer, lineBytes: number, file: string, offset: number): void {
    this.#records++;
    this.#texts.addRecord(file, offset, line);
    let writer = this.#writers.get(record.writer);
    if (!writer) {
      writer = { pid: record.pid, generation: record.generation, sequence: new Sequence() };
      this.#writers.set(record.writer, writer);
    }
    const arrival = writer.sequence.add(record.seq);
    if (arrival === "gap") writer.gapAt ??= { file, offset };
    else if (arrival === "repeat") writer.repeatAt ??= { file, offset };
    if (record.id !== "") this.#requests.add(record.id, record.event, lineBytes);
    else if (record.event === "record") this.#anonymousRecords++;
    if (record.event === "record" && !isAscii(line)) this.#multibyteRecords++;
    if (record.dropped === undefined) return;
    this.#droppedRecords += record.dropped;
    this.#note({ place: { file, offset }, kind: "counted-drop", encoding: false, line, edge: undefined });
  }

  /** Another file; `continues` if it goes on with the log of the file before. */
  beginFile(continues: boolean): void {
    this.#texts.beginFile(continues);
  }

  /** Returns what was noted, for {@link markFileEnd}. */
  addDamage(finding: LineFinding): LineFinding {
    const { kind, line, place } = finding;
    if (kind === "not-a-record") this.#texts.addText(place.file, place.offset, line);
    else this.#texts.addRecord(place.file, place.offset, line);
    this.#note(finding);
    return finding;
  }

  /** Says that the file ends amid the line just noted. */
  markFileEnd({ place }: LineFinding): void {
    const noted = this.#damage.findLast(({ file, offset }) => file === place.file && offset === place.offset);
    if (noted) noted.edge ??= "end";
  }

  facts(): Omit<LogSnapshot, "name" | "atMs" | "files" | "bytes"> {
    return {
      writers: [...this.#writers].map(([name, writer]) => factsOf(name, writer)),
      requests: this.#requests,
      damage: this.#damage,
      damageCount: this.#damageCount,
      droppedRecords: this.#droppedRecords,
      records: this.#records,
      anonymousRecords: this.#anonymousRecords,
      multibyteRecords: this.#multibyteRecords,
      texts: this.#texts.runs,
    };
  }

  #note({ place, kind, encoding, line, edge }: LineFinding): void {
    this.#damageCount[kind]++;
    if (this.#damageCount[kind] > LISTED) return;
    this.#damage.push({ ...place, kind, encoding, excerpt: excerptOf(line), ...(edge && { edge }) });
  }
}

function factsOf(name: string, { pid, generation, sequence, gapAt, repeatAt }: Writer): WriterFacts {
  const facts = sequence.facts(LISTED);
  return {
    writer: name,
    pid,
    generation,
    ...facts,
    // A gap that later records filled was only disorder.
    ...(gapAt && facts.missingCount > 0 && { gapAt }),
    ...(repeatAt && { repeatAt }),
  };
}

/** Beginning and end of a line, as both tell what happened to it, in printable characters. */
function excerptOf(line: Buffer): string {
  const half = LIMITS.excerptBytes / 2;
  const text =
    line.length <= LIMITS.excerptBytes
      ? line.toString("utf8")
      : `${line.toString("utf8", 0, half - 5)} ... ${line.toString("utf8", line.length - half)}`;
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : "\uFFFD";
  });
}
