import { randomBytes } from "node:crypto";
import { pino } from "pino";
import type { LineSink } from "./line-sink.ts";
import { seal, SUM_SUFFIX_BYTES } from "./record.ts";

export interface RecordLoggerOptions {
  readonly app: string;
  /** 0 for a process that serves no release itself. */
  readonly generation: number;
  readonly sink: LineSink;
}

export interface RecordLogger {
  info(event: string, msg: string, id?: string): void;
  warn(event: string, msg: string, id?: string): void;
  error(event: string, msg: string, id?: string): void;
  /** One record (event `record`) of exactly `bytes` bytes, newline included; see {@link createRecordLogger}. */
  sized(bytes: number, id?: string): void;
  /** Writes what `burst` logs with few system calls; still one line per record, and none held back afterwards. */
  together(burst: () => void): void;
  /** A record that stands for `lines` lost ones, as text that is handed to nobody: for a sink's report. */
  formatDrop(lines: number): string;
}

type Level = "info" | "warn" | "error";

/** Bytes gathered by `together` before they are handed on. */
const BURST_BYTES = 64 * 1024;

/**
 * Writes log records, see `RecordFields`. The logger is pino; a record is closed with its checksum on its way out.
 *
 * `sized` fills `msg` with text that contains characters of two, three and four bytes. The fixed fields take about
 * 170 bytes: where `bytes` does not suffice the request's id is left out, and below that the smallest record possible
 * (empty `msg`) is written.
 */
export function createRecordLogger(options: RecordLoggerOptions): RecordLogger {
  // Unique to the process: pids are reused, and short because it stands on every line.
  const writer = randomBytes(6).toString("base64url");
  const base = { app: options.app, pid: process.pid, generation: options.generation, writer };
  const out = new Outlet(options.sink);
  let seq = 0;
  const log = pino(
    {
      base,
      timestamp: () => `,"time":"${now()}"`,
      formatters: { level: (level) => ({ level }) },
      mixin: () => ({ seq: seq++ }),
    },
    out,
  );
  const write = (level: Level, event: string, msg: string, id?: string): void => {
    log[level](id === undefined ? { event } : { id, event }, msg);
  };
  const frame = { time: now(), level: "info", ...base };
  return {
    info: (event, msg, id) => write("info", event, msg, id),
    warn: (event, msg, id) => write("warn", event, msg, id),
    error: (event, msg, id) => write("error", event, msg, id),
    sized: (bytes, id) => {
      const space = (tag?: string): number =>
        bytes -
        Buffer.byteLength(JSON.stringify({ ...frame, seq, id: tag, event: "record", msg: "" })) +
        1 -
        SUM_SUFFIX_BYTES;
      const withId = space(id);
      const kept = withId >= 0 ? id : undefined;
      write("info", "record", filler(Math.max(0, kept === id ? withId : space())), kept);
    },
    together: (burst) => out.together(burst),
    formatDrop: (lines) => out.caught(() => log.warn({ event: "dropped", count: lines }, `${lines} log lines lost`)),
  };
}

/** pino's destination: puts `time` first, adds the checksum, and hands on whole lines. */
class Outlet {
  readonly #sink: LineSink;
  #held: string[] | undefined;
  #heldBytes = 0;
  #caught: string | undefined;
  #catching = false;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  write(line: string): void {
    const sealed = seal(timeFirst(line));
    if (this.#catching) {
      this.#caught = sealed;
    } else if (this.#held === undefined) {
      this.#sink.write(Buffer.from(sealed));
    } else {
      this.#held.push(sealed);
      this.#heldBytes += sealed.length;
      if (this.#heldBytes >= BURST_BYTES) this.#handOn();
    }
  }

  together(burst: () => void): void {
    this.#held = [];
    try {
      burst();
    } finally {
      this.#handOn();
      this.#held = undefined;
    }
  }

  caught(write: () => void): string {
    this.#catching = true;
    try {
      write();
      return this.#caught ?? "";
    } finally {
      this.#catching = false;
      this.#caught = undefined;
    }
  }

  #handOn(): void {
    if (this.#held && this.#held.length > 0) this.#sink.write(Buffer.from(this.#held.join("")));
    this.#held = [];
    this.#heldBytes = 0;
  }
}

/** pino always begins with the level; `{"level":"info","time":"...",...}` becomes `{"time":"...","level":"info",...`. */
function timeFirst(line: string): string {
  const time = line.indexOf(",");
  const rest = time + TIME_LENGTH;
  return `{${line.slice(time + 1, rest)},${line.slice(1, time)}${line.slice(rest, line.length - CLOSE_LENGTH)}`;
}

const TIME_LENGTH = ',"time":"2026-01-01T00:00:00.000Z"'.length;
const CLOSE_LENGTH = "}\n".length;

let nowMs = 0;
let nowText = "";

/** RFC 3339; a burst asks many times within one millisecond. */
function now(): string {
  const ms = Date.now();
  if (ms !== nowMs) {
    nowMs = ms;
    nowText = new Date(ms).toISOString();
  }
  return nowText;
}

/** Sixteen bytes: characters of one, two, three and four. */
const PATTERN = "é漢😀 sample";
const PATTERN_BYTES = Buffer.byteLength(PATTERN);

const fillers = new Map<number, string>();

/** Text of exactly `bytes` bytes, none of which JSON would escape. */
function filler(bytes: number): string {
  const known = fillers.get(bytes);
  if (known !== undefined) return known;
  const text = PATTERN.repeat(Math.floor(bytes / PATTERN_BYTES)) + ".".repeat(bytes % PATTERN_BYTES);
  if (fillers.size > 32) fillers.clear();
  fillers.set(bytes, text);
  return text;
}
