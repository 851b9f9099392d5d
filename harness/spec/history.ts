import type { Outcome, OutcomeTally } from "./outcome.ts";
import type { Observation } from "./observation.ts";
import type { ActionName, Role } from "./target-facts.ts";

/*
 * A history is all that a finished replay left behind; checkers see nothing else.
 * Every `...Ms` instant is milliseconds (fractions allowed) on one monotonic clock whose zero is the start of
 * the replay; `wallMs` fields are Unix milliseconds, for labels and for the join with log records only.
 */

export interface History {
  readonly scenario: string;
  readonly target: TargetFacts;
  /** `control` is the same workload with its actions left out. */
  readonly phase: "control" | "trial";
  /** Unix milliseconds at the clock's zero. */
  readonly startedWallMs: number;
  readonly durationMs: number;
  readonly loads: readonly LoadRecord[];
  readonly actions: readonly ActionRecord[];
  readonly held: readonly HeldRequest[];
  readonly processes: ProcessTimeline;
  /** When the suite itself did not get to run: what seems slow at such a time says nothing about the target. */
  readonly pauses: readonly Pause[];
  readonly logs: readonly LogSnapshot[];
  /** Log records that the scenario asked the application to write, beyond those of each request. */
  readonly bursts: readonly BurstRecord[];
  /** Single things that the scenario looked at, in the order in which it saw them. */
  readonly observations: readonly Observation[];
  /** The same stop, seen by the harness: absent where the scenario did not stop the target. */
  readonly stop?: StopRecord;
}

/** What a checker may know of the target: declared facts, never the server's name. */
export interface TargetFacts {
  readonly name: string;
  readonly role: Role;
  readonly site: string;
  readonly workers: number;
  /** How many requests all workers together work on at a time; absent where nothing bounds it. */
  readonly concurrency?: number;
  readonly drainMs: number;
  readonly settleMs: number;
  /** When a replacement that never gets ready is given up; absent where the target file does not say. */
  readonly bootMs?: number;
  /** When a worker that stopped answering is replaced; absent where the target file does not say. */
  readonly hangMs?: number;
  /** In how many ways the server can be made to read its configuration; absent where the target file does not break it. */
  readonly configReloads?: number;
  /** When a client is given up that sends no whole head, no more of its body, or does not read; absent as well. */
  readonly slowClientMs?: number;
  readonly budget: { readonly stallMs: number; readonly p99Ms: number };
  readonly capabilities: readonly string[];
  /** What the target file says how to do. */
  readonly actions: readonly ActionName[];
  /** The signal that reloads; absent where a reload is more than one signal to the main process. */
  readonly reloadSignal?: string;
  readonly logLimits?: { readonly maxBytes: number; readonly backups: number };
}

/** By which way requests came in: through the target's front, or straight at the application server behind it. */
export type Door = "front" | "direct";

/** One stream of requests and its ledger. */
export interface LoadRecord {
  readonly name: string;
  /** Another site of the same target, where the load was not meant for the one that the scenario is about. */
  readonly site?: string;
  readonly door: Door;
  readonly connections: "fresh" | "kept-alive";
  readonly mode: "open-loop" | "closed-loop";
  readonly startedMs: number;
  readonly endedMs: number;
  readonly intended: number;
  readonly tally: OutcomeTally;
  /** How late the generator itself was, in milliseconds after the intended time. */
  readonly lateness: Quantiles;
  /** False if the generator could not keep its schedule: the run then says nothing about the target. */
  readonly scheduleKept: boolean;
  readonly ledger: LedgerView;
  /** Connections opened beyond the first of each session. */
  readonly reconnects: number;
  /** Connections that ended without a request in flight, by whether an answer had announced it. */
  readonly closes: { readonly announced: number; readonly idle: number };
}

export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Rows in the order of intended send times. */
export interface LedgerView {
  readonly size: number;
  row(index: number): LedgerRow;
  rows(): Iterable<LedgerRow>;
}

export interface LedgerRow {
  /** Sent as `x-hupspec-id`, unique within the run. */
  readonly id: string;
  readonly method: "GET" | "POST";
  /** Number of the connection within its load, counting from 0. */
  readonly connection: number;
  /** The connection had carried an exchange before. */
  readonly reused: boolean;
  readonly intendedMs: number;
  /** NaN where the event did not take place. */
  readonly sentMs: number;
  readonly firstByteMs: number;
  readonly doneMs: number;
  readonly outcome: Outcome;
  /** 0 where no status line came. */
  readonly status: number;
  /** From the answer's headers; 0 where there was none. */
  readonly generation: number;
  readonly worker: number;
  /** The answer said `Connection: close`. */
  readonly closeAnnounced: boolean;
  /** How what came began, as Latin-1, for the first rows of a ledger that got something other than a good answer. */
  readonly received?: string;
}

/**
 * `ok` boots, if slowly; `fail` throws while it is loaded; `hang` never gets ready; `bad-config` would boot, but comes with a
 * configuration of the server that is not valid.
 */
export type ReleaseKind = "ok" | "fail" | "hang" | "bad-config";

/** Something done to the target at one moment. */
export interface ActionRecord {
  readonly kind: ActionName;
  /** Counts from 1 within its kind. */
  readonly index: number;
  readonly startedMs: number;
  /** When the command returned or the signal was sent. */
  readonly returnedMs: number;
  /** For a reload: the generation that should serve from now on. */
  readonly generation: number;
  /** For a reload: what becomes of the new release when it is loaded. One that is not `ok` should never serve. */
  readonly release: ReleaseKind;
  /** For a reload: how long the new release takes to boot, by its own doing; 0 for an ordinary one. */
  readonly bootDelayMs: number;
  /** When fresh requests were first answered by the new generation only; absent if that never came. */
  readonly servedMs?: number;
  /** When the processes that had served older generations were gone; absent if that never came in time. */
  readonly settledMs?: number;
  /** When the settle time was over: `settleMs` after the start, or after the last request held across it was released. */
  readonly settleDeadlineMs: number;
  /** What went wrong with it, be it in asking. */
  readonly error?: string;
  /** The target itself said no: its command ended with a status of its own, its answer was 400 or more. */
  readonly refused?: true;
  /** What the command printed, if it was a command. */
  readonly output?: string;
}

/**
 * What keeps a request in flight: `gate`, the application waits for it · `upload`, the second half of the body is held back ·
 * `download`, nobody reads beyond the first bytes of the answer · `stream`, the answer takes its time.
 */
export type HeldBy = "gate" | "upload" | "download" | "stream";

/** A request kept in flight while something happened. */
export interface HeldRequest {
  /** `gate` if absent. */
  readonly by?: HeldBy;
  readonly row: LedgerRow;
  readonly door: Door;
  /** When the application told that it works on the request, or the first byte of an answer came; NaN if it never did. */
  readonly enteredMs: number;
  /** When it was let go on; for a stream, when the scenario began to wait for its end. */
  readonly releasedMs: number;
  /** The last of what came of the answer's body, for streams. */
  readonly bodyEnd?: string;
  /** Index of the action that it spans. */
  readonly action: number;
}

export interface Pause {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ProcessTimeline {
  readonly samples: readonly ProcessSample[];
  /** CPU seconds of the whole tree, from first to last sample, gone processes included. */
  readonly cpuSeconds: number;
  /** Highest sum of proportional set sizes seen, in bytes; 0 where the kernel does not tell. */
  readonly peakPssBytes: number;
}

export interface ProcessSample {
  readonly atMs: number;
  readonly processes: readonly ProcessFacts[];
}

export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  /** One letter as in /proc/PID/stat; `Z` is a zombie. */
  readonly state: string;
  /** Clock ticks since boot: tells a reused pid from the same process. */
  readonly startTicks: number;
  readonly command: string;
}

/** Records that the application was asked to write by `GET /log`. */
export interface BurstRecord {
  readonly name: string;
  /** Records per request and their size in bytes, newline included. */
  readonly requests: readonly { readonly id: string; readonly records: number; readonly bytes: number }[];
  readonly startedMs: number;
  readonly endedMs: number;
}

/** The log of the application as it stood on disk at one moment, live file and backups together. */
export interface LogSnapshot {
  readonly name: string;
  readonly atMs: number;
  readonly files: readonly LogFileFacts[];
  readonly writers: readonly WriterFacts[];
  /** By request id, for every record that carries one. */
  readonly requests: RequestLogView;
  /** The first few of each kind; `damageCount` tells how many there were. */
  readonly damage: readonly LogDamage[];
  readonly damageCount: Readonly<Record<LogDamageKind, number>>;
  /** Records that the log itself says were dropped (sum of the counts of all `dropped` records). */
  readonly droppedRecords: number;
  readonly records: number;
  /** Records written on request (`/log`) that were too short to carry the request's id. */
  readonly anonymousRecords: number;
  /** Records written on request (`/log`) that contain characters beyond ASCII. */
  readonly multibyteRecords: number;
  /** What it holds besides records, and in records of several lines; the newest 2,000 lines. */
  readonly texts: readonly LogText[];
  /** Unpacked. */
  readonly bytes: number;
}

/** Lines that are no records, one after the other: in front of them and behind them stands a record, or nothing. */
export interface LogText extends LogPlace {
  /** The lines of the message of one record. */
  readonly inRecord: boolean;
  /** At most 400 characters of each. */
  readonly lines: readonly string[];
}

/** Files stand oldest first within a stream, its live file last. */
export interface LogFileFacts {
  /** Relative to the log folder. */
  readonly name: string;
  /** What the file is a part of: one live file and its backups share it. */
  readonly stream: string;
  readonly live: boolean;
  readonly compression: "none" | "gzip" | "zstd";
  /** Bytes on disk, and of its unpacked content. */
  readonly diskBytes: number;
  readonly bytes: number;
  readonly records: number;
  /** Longest line of the file in bytes, newline included. */
  readonly longestLineBytes: number;
  readonly startsAtBoundary: boolean;
  readonly endsAtBoundary: boolean;
  /** Present if a compressed file could not be unpacked. */
  readonly unpackError?: string;
  /** Unix milliseconds, from the `time` of its first and last record; absent if it has none. */
  readonly firstWallMs?: number;
  readonly lastWallMs?: number;
}

/** One sequence of records; gaps and repeats name the sequence numbers concerned (the first few). */
export interface WriterFacts {
  readonly writer: string;
  readonly pid: number;
  readonly generation: number;
  readonly first: number;
  readonly last: number;
  readonly records: number;
  readonly missing: readonly number[];
  readonly missingCount: number;
  readonly repeated: readonly number[];
  readonly repeatedCount: number;
  readonly outOfOrderCount: number;
  /** Where the first gap or repeat was met: the record after the gap, the second copy. */
  readonly gapAt?: LogPlace;
  readonly repeatAt?: LogPlace;
}

export interface LogPlace {
  /** As in `LogFileFacts.name`. */
  readonly file: string;
  /** Byte offset of the line in the unpacked file. */
  readonly offset: number;
}

export interface RequestLogView {
  /** Number of ids known. */
  readonly size: number;
  get(id: string): RequestLogFacts | undefined;
  ids(): Iterable<string>;
}

export interface RequestLogFacts {
  readonly received: number;
  readonly answered: number;
  readonly records: number;
  /** Bytes of those `records`, newlines included. */
  readonly recordBytes: number;
}

/**
 * `torn`: a part of a record · `interleaved`: parts of several, or a foreign piece inside or beside one · `bad-sum`:
 * formed like a record, but not the bytes that were written · `not-a-record`: a line that never was one (a banner, a
 * traceback) · `counted-drop`: a whole record that tells of dropped ones.
 */
export type LogDamageKind = "torn" | "interleaved" | "bad-sum" | "not-a-record" | "counted-drop";

/** A line that is no whole record, or that tells of a loss. */
export interface LogDamage extends LogPlace {
  readonly kind: LogDamageKind;
  /** The line holds broken multi-byte text: bytes that are no UTF-8, replacement characters, escapes in their place. */
  readonly encoding: boolean;
  /** The file starts or ends amid this line. */
  readonly edge?: "start" | "end";
  /** At most 200 bytes, made printable. */
  readonly excerpt: string;
}

export interface StopRecord {
  readonly startedMs: number;
  readonly exitedMs: number;
  /** Null where a signal ended it; both null where it was no child of the suite, as after a reload that replaces the main process. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly killed: boolean;
  /** Processes of the run alive after the stop. */
  readonly leftOver: readonly ProcessFacts[];
}
