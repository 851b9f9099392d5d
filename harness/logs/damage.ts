import { isUtf8 } from "node:buffer";
import type { LogDamageKind } from "../spec/history.ts";
import { jsonObjectOf } from "./fields.ts";

export interface DamagedLine {
  readonly kind: Exclude<LogDamageKind, "counted-drop">;
  readonly encoding: boolean;
}

/*
 * In a JSON string every quote is escaped, so neither pattern can come from the text of a message: each match is the
 * beginning or the end of a record.
 */
const RECORD_START = /\{\s*"(?:time|level|app|pid)"\s*:/g;
const RECORD_END = /,\s*"sum"\s*:\s*"[0-9a-f]{8}"\s*\}/g;

/** Says what is wrong with a line that is no whole record. */
export function damageOf(line: Buffer): DamagedLine {
  const text = line.toString("latin1");
  const kind = kindOf(line, text);
  return { kind, encoding: kind !== "not-a-record" && hasBrokenEncoding(line, text) };
}

function kindOf(line: Buffer, text: string): DamagedLine["kind"] {
  const starts = [...text.matchAll(RECORD_START)].map(({ index }) => index);
  const ends = [...text.matchAll(RECORD_END)].map((match) => match.index + match[0].length);
  if (starts.length > 1 || ends.length > 1) return "interleaved";
  const [start] = starts;
  const [end] = ends;
  if (start !== undefined && text.slice(0, start).trim() !== "") return "interleaved";
  if (end !== undefined && text.slice(end).trim() !== "") return "interleaved";
  const object = jsonObjectOf(line);
  if (object) return "sum" in object ? "bad-sum" : "not-a-record";
  // It begins and ends as one record, but something that is no JSON stands between.
  if (start !== undefined && end !== undefined) return hasBrokenEncoding(line, text) ? "bad-sum" : "interleaved";
  if (start !== undefined || end !== undefined || looksCut(text)) return "torn";
  return "not-a-record";
}

/** The first or last bytes of a record, cut within the very key by which they would be known. */
function looksCut(text: string): boolean {
  return /^\{(?:$|")/.test(text) || /[0-9a-f]"\}$/.test(text) || text === '"}';
}

/** Bytes that are no UTF-8, replacement characters, `\xNN` in place of a byte, UTF-8 that was encoded twice. */
function hasBrokenEncoding(line: Buffer, text: string): boolean {
  return !isUtf8(line) || /\u00ef\u00bf\u00bd|\\x[0-9a-fA-F]{2}|\u00c3[\u0080-\u00bf]\u00c2[\u0080-\u00bf]/.test(text);
}
