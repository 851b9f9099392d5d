/** What the suite needs to know of a record. */
export interface LogFields {
  readonly kind: "record";
  readonly pid: number;
  readonly generation: number;
  readonly writer: string;
  readonly seq: number;
  /** Empty where the record belongs to no request. */
  readonly id: string;
  readonly event: string;
}

/** The fields stand before `msg`, so they fit in here unless somebody writes another order. */
const HEAD_BYTES = 320;

/** Reads the fields of a line whose checksum is right; undefined if it lacks one that every record has. */
export function fieldsOf(line: Buffer): LogFields | undefined {
  return inContractOrder(line) ?? byParsing(line);
}

/**
 * Takes the fields by position: a quoted key followed by a colon can't stand inside a JSON string, and the strict
 * sequence excludes nested objects. Anything unexpected (other order, spaces, escapes) is left to the parser.
 */
function inContractOrder(line: Buffer): LogFields | undefined {
  const head = line.toString("latin1", 0, Math.min(line.length, HEAD_BYTES));
  const pidAt = head.indexOf(',"pid":');
  if (pidAt === -1) return undefined;
  const pidFrom = pidAt + 7;
  const pidTo = endOfDigits(head, pidFrom);
  if (!head.startsWith(',"generation":', pidTo)) return undefined;
  const generationFrom = pidTo + 14;
  const generationTo = endOfDigits(head, generationFrom);
  if (!head.startsWith(',"writer":"', generationTo)) return undefined;
  const writerFrom = generationTo + 11;
  const writerTo = endOfPlainString(head, writerFrom);
  if (writerTo === -1 || !head.startsWith('","seq":', writerTo)) return undefined;
  const seqFrom = writerTo + 8;
  const seqTo = endOfDigits(head, seqFrom);
  let idFrom = 0;
  let idTo = 0;
  let eventAt = seqTo;
  if (head.startsWith(',"id":"', seqTo)) {
    idFrom = seqTo + 7;
    idTo = endOfPlainString(head, idFrom);
    if (idTo === -1) return undefined;
    eventAt = idTo + 1;
  }
  if (!head.startsWith(',"event":"', eventAt)) return undefined;
  const eventFrom = eventAt + 10;
  const eventTo = endOfPlainString(head, eventFrom);
  if (eventTo === -1 || pidTo === pidFrom || generationTo === generationFrom || seqTo === seqFrom) return undefined;
  return {
    kind: "record",
    pid: Number(head.slice(pidFrom, pidTo)),
    generation: Number(head.slice(generationFrom, generationTo)),
    // Cut from the bytes, not from `head`: a slice of it would keep the whole head in memory as long as the id.
    writer: line.toString("latin1", writerFrom, writerTo),
    seq: Number(head.slice(seqFrom, seqTo)),
    id: idTo === 0 ? "" : line.toString("latin1", idFrom, idTo),
    event: EVENTS[head.slice(eventFrom, eventTo)] ?? line.toString("latin1", eventFrom, eventTo),
  };
}

const EVENTS: Readonly<Record<string, string>> = {
  received: "received",
  answered: "answered",
  record: "record",
  dropped: "dropped",
};

function endOfDigits(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt(at)) at++;
  return at;
}

/** Index of the closing quote; -1 if there is none or if the string has escapes or is not ASCII. */
function endOfPlainString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    if (code === 0x5c || code > 0x7e) return -1;
  }
  return -1;
}

function byParsing(line: Buffer): LogFields | undefined {
  const fields = jsonObjectOf(line);
  if (!fields) return undefined;
  const { pid, generation, writer, seq, id, event } = fields;
  if (typeof writer !== "string" || !isCount(seq) || typeof event !== "string") return undefined;
  return {
    kind: "record",
    pid: isCount(pid) ? pid : 0,
    generation: isCount(generation) ? generation : 0,
    writer,
    seq,
    id: typeof id === "string" ? id : "",
    event,
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function jsonObjectOf(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    // Not JSON: the caller asked whether it is.
    return undefined;
  }
}

/** Unix milliseconds of a record's `time`; undefined if it has none that can be read. */
export function wallMsOf(line: Buffer): number | undefined {
  const head = line.toString("latin1", 0, Math.min(line.length, HEAD_BYTES));
  const text = /"time"\s*:\s*"([^"]{10,40})"/.exec(head)?.[1] ?? jsonObjectOf(line)?.["time"];
  const wallMs = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return Number.isFinite(wallMs) ? wallMs : undefined;
}
