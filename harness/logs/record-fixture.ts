import { crc32 } from "node:zlib";

export interface FixtureRecord {
  readonly writer?: string;
  readonly seq?: number;
  readonly id?: string;
  readonly event?: string;
  readonly msg?: string;
  readonly time?: string;
  readonly pid?: number;
  readonly generation?: number;
  readonly count?: number;
}

/** A whole record as our own applications write it, without its newline. */
export function recordLine(facts: FixtureRecord = {}): string {
  const open = JSON.stringify(fieldsOf(facts)).slice(0, -1);
  return `${open},"sum":"${sumOf(open)}"}`;
}

/** The same with the separators that other JSON writers prefer. */
export function spacedRecordLine(facts: FixtureRecord = {}): string {
  const members = Object.entries(fieldsOf(facts)).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
  const open = `{${members.join(", ")}`;
  return `${open}, "sum": "${sumOf(open)}"}`;
}

function fieldsOf(facts: FixtureRecord): Record<string, string | number> {
  const { writer = "w1", seq = 0, event = "record", msg = "text", pid = 100, generation = 1, id, count } = facts;
  const { time = "2026-11-22T10:00:00.000Z" } = facts;
  const fields = { time, level: "info", app: "fixture", pid, generation, writer, seq };
  return { ...fields, ...(id !== undefined && { id }), event, ...(count !== undefined && { count }), msg };
}

function sumOf(open: string): string {
  return crc32(open).toString(16).padStart(8, "0");
}
