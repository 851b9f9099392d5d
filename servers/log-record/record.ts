import { crc32 } from "node:zlib";

/** The fields of one log record, in the order in which they stand on the line; `sum` is added last. */
export interface RecordFields {
  /** RFC 3339. */
  readonly time: string;
  readonly level: string;
  readonly app: string;
  readonly pid: number;
  readonly generation: number;
  /** Unique to the process. */
  readonly writer: string;
  /** 0, 1, 2 ... per writer. */
  readonly seq: number;
  readonly id?: string;
  readonly event: string;
  readonly msg: string;
}

/** The bytes of `,"sum":"xxxxxxxx"}\n`. */
export const SUM_SUFFIX_BYTES = ',"sum":"00000000"}\n'.length;

/** Closes a JSON object's text (given without its last brace) with the CRC-32 of its bytes and a newline. */
export function seal(open: string): string {
  return `${open},"sum":"${crc32(open).toString(16).padStart(8, "0")}"}\n`;
}
