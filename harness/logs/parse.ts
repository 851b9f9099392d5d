import { crc32 } from "node:zlib";
import { damageOf, type DamagedLine } from "./damage.ts";
import { fieldsOf, jsonObjectOf, type LogFields } from "./fields.ts";

export interface ParsedRecord extends LogFields {
  readonly kind: "record";
  /** Only in a record of event `dropped`: how many records it stands for. */
  readonly dropped?: number;
}

export type ParsedLine = ParsedRecord | DamagedLine;

/** Bytes of `,"sum":"xxxxxxxx"}`. */
const COMPACT_TAIL_BYTES = 18;
/** A tail written with spaces, or with a carriage return behind it, is found within this many bytes. */
const TAIL_BYTES = 64;
const LOOSE_TAIL = /,\s*"sum"\s*:\s*"([0-9a-f]{8})"\s*\}\s*$/;

/**
 * Judges one line of a log (without its newline): a whole record, if it is one JSON object whose last member `sum` is
 * the CRC-32 of the bytes before the comma in front of it; otherwise what is wrong with it.
 */
export function parseLine(line: Buffer): ParsedLine {
  if (line[0] !== 0x7b || !sumMatches(line)) return damageOf(line);
  const fields = fieldsOf(line);
  // It says of itself that it is whole, yet has no place in a sequence: some other program's line.
  if (!fields) return { kind: "not-a-record", encoding: false };
  if (fields.event !== "dropped") return fields;
  const count = Number(jsonObjectOf(line)?.["count"] ?? 1);
  return { ...fields, kind: "record", dropped: Number.isSafeInteger(count) && count >= 0 ? count : 1 };
}

function sumMatches(line: Buffer): boolean {
  const compact = compactSum(line);
  if (compact !== -1) return crc32(line.subarray(0, line.length - COMPACT_TAIL_BYTES)) === compact;
  const tailFrom = Math.max(0, line.length - TAIL_BYTES);
  const match = LOOSE_TAIL.exec(line.toString("latin1", tailFrom));
  return match !== null && crc32(line.subarray(0, tailFrom + match.index)) === Number.parseInt(match[1] ?? "", 16);
}

/** The sum in a tail without spaces, read byte by byte; -1 if the tail is another. */
function compactSum(line: Buffer): number {
  const from = line.length - COMPACT_TAIL_BYTES;
  if (from < 0) return -1;
  for (let index = 0; index < COMPACT_PREFIX.length; index++) {
    if (line[from + index] !== COMPACT_PREFIX[index]) return -1;
  }
  if (line[line.length - 2] !== 0x22 || line[line.length - 1] !== 0x7d) return -1;
  let sum = 0;
  for (let index = from + COMPACT_PREFIX.length; index < line.length - 2; index++) {
    const digit = HEX[line[index] ?? 0] ?? -1;
    if (digit < 0) return -1;
    sum = sum * 16 + digit;
  }
  return sum;
}

const COMPACT_PREFIX = Buffer.from(',"sum":"');
const HEX = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) HEX[value.toString(16).charCodeAt(0)] = value;
