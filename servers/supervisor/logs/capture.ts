import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Journal } from "../journal.ts";
import { realFiles, type FileLayer } from "./file-layer.ts";
import { LineFramer } from "../../log-record/line-framer.ts";
import { TextBlocks } from "../../log-record/text-blocks.ts";
import { LogFile, type LogFileSettings } from "./log-file.ts";

/** Lines beyond this are cut, with a record that says so. */
const MAX_LINE_BYTES = 4 * 1024 ** 2;
/**
 * A disk that takes nothing for this long, or refuses, does not hold the application up any longer. Long enough for the
 * pause that an fsync of a compressed backup makes in the writes beside it.
 */
const PATIENCE_MS = 1_000;

export interface CaptureOptions {
  readonly program: string;
  readonly file: string;
  readonly settings: LogFileSettings;
  readonly onProblem: (message: string) => void;
  readonly files?: FileLayer;
}

/**
 * The output of one program, over all its restarts, in one log file. Each channel (standard output, standard error)
 * has a pipe and a framing of its own, so records of concurrent writers never mix, and the lines of a traceback stay together.
 *
 * A channel is not read for a moment while half of the buffer waits for a disk that does take data: a burst then costs
 * the application time instead of records. As soon as the disk stalls or refuses, channels are read whatever happens.
 */
export class Capture implements AsyncDisposable {
  readonly log: LogFile;
  readonly #journal: Journal;
  readonly #watchers = new Set<(records: Buffer) => void>();
  readonly #channels = new Set<Readable>();
  #settings: LogFileSettings;
  #held = false;

  private constructor(log: LogFile, journal: Journal, settings: LogFileSettings) {
    this.log = log;
    this.#journal = journal;
    this.#settings = settings;
  }

  static async open({ program, file, settings, onProblem, files = realFiles }: CaptureOptions): Promise<Capture> {
    const journal = new Journal(program, `capture-${program}`);
    const describeDrop = (records: number) =>
      Buffer.from(
        journal.record("error", "dropped", `${records} records were dropped: the disk did not take them`, {
          count: records,
        }),
      );
    const log = await LogFile.open({ file, settings, describeDrop, onProblem, files });
    return new Capture(log, journal, settings);
  }

  /** Reads `stream` until it ends; resolves when its last line is in the queue of the file. */
  attach(stream: Readable, name: string): Promise<void> {
    const framer = new LineFramer(this.#maxLineBytes());
    const blocks = new TextBlocks((records) => this.#take(records), this.#settings.bufferBytes || undefined);
    this.#channels.add(stream);
    return new Promise((resolve) => {
      stream.on("data", (chunk: Buffer) => {
        const { lines, cutBytes } = framer.push(chunk);
        for (const records of lines) blocks.push(records);
        if (cutBytes > 0) {
          // The part is what its note speaks of as the line before.
          blocks.end();
          this.#tellCut(name, cutBytes);
        }
        if (this.#mustHold()) void this.#holdAll();
      });
      // A reset of the pipe ends it like any other end; `close` follows.
      stream.on("error", () => stream.destroy());
      stream.once("close", () => {
        this.#channels.delete(stream);
        for (const records of framer.end().lines) blocks.push(records);
        blocks.end();
        resolve();
      });
    });
  }

  /** Shows `watcher` all records that come in, until `unwatch`. */
  watch(watcher: (records: Buffer) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  async configure(settings: LogFileSettings): Promise<void> {
    this.#settings = settings;
    await this.log.configure(settings);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.log[Symbol.asyncDispose]();
  }

  #take(records: Buffer): void {
    this.log.push(records);
    for (const watcher of this.#watchers) watcher(records);
  }

  #tellCut(channel: string, bytes: number): void {
    const msg = `the line before is a part: ${bytes} bytes on ${channel} without a newline`;
    this.#take(Buffer.from(this.#journal.record("warn", "partial", msg, { bytes })));
  }

  #maxLineBytes(): number {
    const { bufferBytes } = this.#settings;
    return bufferBytes === 0 ? MAX_LINE_BYTES : Math.min(MAX_LINE_BYTES, bufferBytes / 2);
  }

  #mustHold(): boolean {
    const { bufferBytes } = this.#settings;
    return bufferBytes > 0 && this.log.queuedBytes > bufferBytes / 2 && this.log.stalledMs < PATIENCE_MS;
  }

  async #holdAll(): Promise<void> {
    if (this.#held) return;
    this.#held = true;
    for (const stream of this.#channels) stream.pause();
    while (this.#mustHold()) await sleep(1);
    this.#held = false;
    for (const stream of this.#channels) stream.resume();
  }
}
