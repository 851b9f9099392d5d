import type { ControlObservation } from "./control-observation.ts";
import type { Door, LedgerRow } from "./history.ts";
import type { OpenFile, TamperedFile } from "./log-hands.ts";

/*
 * What a scenario saw besides its loads: single things, looked at once. Checkers find them by kind and name. Every
 * `...Ms` instant is on the clock of the history.
 */

export type Observation =
  | ExchangeSeen
  | Conversation
  | CommandRun
  | SignalSent
  | FileLook
  | Poll
  | ResourceLook
  | ListenQueueLook
  | WorkerExit
  | ProcessStarts
  | LogLines
  | Tampering
  | OpenLogFiles
  | Wait
  | OriginLook
  | SinkChange
  | CpuLook
  | Episode
  | ListenerLook
  | BootSeen
  | ControlObservation;

export type ObservationKind = Observation["kind"];
export type ObservationOf<K extends ObservationKind> = Extract<Observation, { readonly kind: K }>;

/** One request outside all loads, on a connection of its own. */
export interface ExchangeSeen {
  readonly kind: "exchange";
  readonly name: string;
  readonly door: Door;
  readonly row: LedgerRow;
  /** The first 64 KiB of the answer's body as text. */
  readonly body: string;
}

/** Raw bytes over one connection, for what no well-formed request can show. */
export interface Conversation {
  readonly kind: "conversation";
  readonly name: string;
  /** A door of the target, or the address that was connected to. */
  readonly at: string;
  /** NaN if the connection was never established. */
  readonly connectedMs: number;
  readonly sent: readonly Utterance[];
  readonly received: readonly Utterance[];
  /** All that was received; `received` holds excerpts only. */
  readonly receivedBytes: number;
  /** How the connection stood when the scenario had done with it: `open` until then, or ended by the peer. */
  readonly end: "open" | "fin" | "reset" | "refused" | "timeout";
  /** When the peer ended it; NaN if it did not. */
  readonly endedMs: number;
}

export interface Utterance {
  readonly atMs: number;
  /** Latin-1, at most `LIMITS.conversationBytes` in a conversation. */
  readonly text: string;
}

/** A command that the scenario ran to its end. */
export interface CommandRun {
  readonly kind: "command";
  readonly name: string;
  readonly command: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** Null where a signal, or the harness, ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A signal to a process of the target that no action of the target file sends. */
export interface SignalSent {
  readonly kind: "signal";
  readonly name: string;
  readonly atMs: number;
  /** Negative for a process group. */
  readonly pid: number;
  readonly signal: string;
  /** False if there was no such process any more. */
  readonly delivered: boolean;
}

/** A path as it was at one moment; links are not followed. */
export interface FileLook {
  readonly kind: "file";
  readonly name: string;
  readonly path: string;
  readonly atMs: number;
  /** Absent if there was nothing at that path. */
  readonly facts?: {
    readonly type: "file" | "folder" | "socket" | "link" | "fifo" | "other";
    /** Permission bits. */
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    readonly inode: number;
    readonly bytes: number;
    /** The beginning of a small regular file. */
    readonly text?: string;
    /** Zero bytes that it begins with, where that was looked at. */
    readonly leadingZeros?: number;
  };
}

/** Something asked again and again over a time, such as whether a pid file is there and names a live process. */
export interface Poll {
  readonly kind: "poll";
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly looks: number;
  /** The first few looks that did not find what they should; `missCount` tells how many there were. */
  readonly misses: readonly { readonly atMs: number; readonly text: string }[];
  readonly missCount: number;
}

/** What one process held at one moment. */
export interface ResourceLook {
  readonly kind: "resources";
  readonly name: string;
  readonly atMs: number;
  readonly pid: number;
  readonly descriptors: number;
  /** Proportional set size; 0 where the kernel does not tell. */
  readonly pssBytes: number;
}

/** Connections that the kernel had established at a door and nobody had accepted. */
export interface ListenQueueLook {
  readonly kind: "listen-queue";
  readonly name: string;
  readonly door: Door;
  readonly atMs: number;
  readonly waiting: number;
  /** Sockets that listen there; with SO_REUSEPORT there may be several. */
  readonly sockets: number;
}

/** How a process of the target ended, read from its zombie. */
export interface WorkerExit {
  readonly kind: "exit";
  readonly name: string;
  readonly atMs: number;
  readonly pid: number;
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
}

/** Processes of the target that appeared while the scenario looked, which it did every few milliseconds. */
export interface ProcessStarts {
  readonly kind: "starts";
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly count: number;
  /** The first few; when each was first seen. */
  readonly started: readonly { readonly atMs: number; readonly pid: number; readonly command: string }[];
}

/** Lines of the target's console or logs that are no records of the probe contract: what the server itself has to say. */
export interface LogLines {
  readonly kind: "log-lines";
  readonly name: string;
  readonly atMs: number;
  readonly lines: readonly string[];
}

/** Something done to the files of the log behind the target's back. */
export interface Tampering {
  readonly kind: "tampering";
  readonly name: string;
  readonly what:
    | "moved"
    | "copied-and-truncated"
    | "removed"
    | "folder-removed"
    | "modes-narrowed"
    | "disk-filled"
    | "disk-emptied"
    | "links-planted"
    | "links-removed";
  readonly startedMs: number;
  readonly endedMs: number;
  readonly files: readonly TamperedFile[];
  /** Why it could not be done. */
  readonly error?: string;
}

/** Which files of the log processes of the target had open for writing. */
export interface OpenLogFiles {
  readonly kind: "open-files";
  readonly name: string;
  readonly atMs: number;
  readonly open: readonly OpenFile[];
}

/** Something that was waited for. */
export interface Wait {
  readonly kind: "wait";
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** False if the time was over before it came. */
  readonly cameTrue: boolean;
}

/** What reached the server that the suite itself runs behind the target, since it was last looked at. */
export interface OriginLook {
  readonly kind: "origin";
  readonly name: string;
  readonly atMs: number;
  readonly requests: readonly OriginRequest[];
  /** Connections that lay idle up to the origin's limit, so that it was the origin that had to close them. */
  readonly idledOut: number;
}

export interface OriginRequest {
  readonly atMs: number;
  /** Number of the connection, and of the request on it, from 1 on. */
  readonly connection: number;
  readonly ordinal: number;
  /** Empty where it has none. */
  readonly id: string;
  /** Raw, as Latin-1, without the empty line that ends it; as far as it came. */
  readonly head: string;
  /** The beginning of the body, in its framing. */
  readonly body: string;
  /** Without the framing. */
  readonly bodyBytes: number;
  readonly whole: boolean;
  /** `closed`: on purpose, without a whole answer. */
  readonly fate: "answered" | "closed" | "pending";
}

/** `freeze` stops whoever reads the log, `resume` lets him go on; `lose` kills him, `restore` starts another. */
export type SinkEvent = "freeze" | "resume" | "lose" | "restore";

/** Something done to whoever reads the target's log. */
export interface SinkChange {
  readonly kind: "sink";
  readonly name: SinkEvent;
  /** When it had taken effect. */
  readonly atMs: number;
  readonly pid: number;
  /** False if there was nobody whom it could be done to. */
  readonly done: boolean;
  /** Size of the log on disk, backups included: once the reader was stopped, and before he went on. */
  readonly logBytes: number;
}

/** What the target's processes used of the CPU over a time. */
export interface CpuLook {
  readonly kind: "cpu";
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly cpuSeconds: number;
  /** The process that used most of it by itself. */
  readonly busiest?: {
    readonly pid: number;
    readonly command: string;
    readonly cpuSeconds: number;
    /** For how long its busiest thread was ready to run and had to wait for a core; absent where the kernel does not tell. */
    readonly queuedSeconds?: number;
  };
}

/** A part of the replay that a scenario gave a name: rules speak of what was done and seen inside it. */
export interface Episode {
  readonly kind: "episode";
  readonly name: string;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Which listening sockets one process had open. */
export interface ListenerLook {
  readonly kind: "listeners";
  readonly name: string;
  readonly atMs: number;
  readonly pid: number;
  readonly command: string;
  /** Descriptors looked at. */
  readonly descriptors: number;
  /** `descriptor 3: 127.0.0.1:8080` */
  readonly listeners: readonly string[];
}

/** A start of the target besides that of the run itself: of another instance, or once more after its end. */
export interface BootSeen {
  readonly kind: "boot";
  readonly name: string;
  readonly startedMs: number;
  /** When its main process could be named, and whom that was; NaN and 0 if that never was so. */
  readonly namedMs: number;
  readonly mainPid: number;
  /** When it was asked to reload while it booted; NaN if it was not. */
  readonly askedMs: number;
  /** When all its doors answered; NaN if they did not. */
  readonly readyMs: number;
  /** The main process once it was ready; 0 if there was nobody. */
  readonly mainPidAfter: number;
  /** When a further release, deployed and asked for once it was ready, served; NaN if it did not. */
  readonly reloadedMs: number;
  /** Where the main process was another one by then: that further release had yet another. */
  readonly replacesMain?: boolean;
  /** Why it did not get ready, or could not be asked. */
  readonly error?: string;
  /** The last that it said, where something went wrong. */
  readonly output?: string;
}
