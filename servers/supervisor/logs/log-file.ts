import { setTimeout as sleep } from "node:timers/promises";
import { Backups } from "./backups.ts";
import type { Compression } from "./compress.ts";
import { codeOf, LOG_FILE_MODE, openLive, realFiles, type FileHandle, type FileLayer } from "./file-layer.ts";
import { RecordQueue, wholeRecordBytes } from "./record-queue.ts";
import { readTail } from "./tail.ts";

export interface LogFileSettings {
  /** The file is rotated before it would grow beyond this; 0 switches rotation by size off. */
  readonly maxBytes: number;
  readonly backups: number;
  readonly compress: Compression;
  /** Bytes held while the disk does not take them; 0 for no limit. */
  readonly bufferBytes: number;
}

export interface LogFileOptions {
  readonly file: string;
  readonly settings: LogFileSettings;
  /** The record that stands for `records` dropped ones, newline included. */
  readonly describeDrop: (records: number) => Buffer;
  readonly onProblem: (message: string) => void;
  readonly files?: FileLayer;
  /** Pause after a failed write, in milliseconds. */
  readonly retryMs?: number;
}

/** Sees what was written, in order: whole records. */
export type Follower = (run: readonly Buffer[]) => void;

const BATCH_BYTES = 1024 * 1024;
/** How long a deleted file may go unnoticed while records come in. */
const LOOK_EVERY_MS = 50;
const RETRY_MS = 500;
const ROTATE_AGAIN_MS = 5_000;
/** For compressions still under way when the file is closed; a backup left plain is compressed by the next run. */
const CLOSE_COMPRESSION_MS = 5_000;

/**
 * One log file and its backups. Takes whole records at any pace and never throws: one loop owns the descriptor, has one
 * write in flight, rotates at record boundaries, and waits and tries again while the disk refuses.
 */
export class LogFile implements AsyncDisposable {
  readonly file: string;
  readonly #files: FileLayer;
  readonly #backups: Backups;
  readonly #queue: RecordQueue;
  readonly #onProblem: (message: string) => void;
  readonly #retryMs: number;
  readonly #followers = new Set<Follower>();
  readonly #commands: (() => Promise<void>)[] = [];
  #settings: LogFileSettings;
  #handle: FileHandle | undefined;
  #mode = LOG_FILE_MODE;
  #bytes = 0;
  #lookedAt = 0;
  #rotations = 0;
  #rotateFrom = 0;
  #problem: string | undefined;
  #progressAt = performance.now();
  #loop: Promise<void> | undefined;
  #wake = new AbortController();
  #closing = false;

  private constructor(options: LogFileOptions, backups: Backups) {
    this.file = options.file;
    this.#files = options.files ?? realFiles;
    this.#settings = options.settings;
    this.#onProblem = options.onProblem;
    this.#retryMs = options.retryMs ?? RETRY_MS;
    this.#backups = backups;
    this.#queue = new RecordQueue(unlessZero(options.settings.bufferBytes), options.describeDrop);
  }

  static async open(options: LogFileOptions): Promise<LogFile> {
    const { file, settings, onProblem, files = realFiles } = options;
    const backups = await Backups.open(files, file, backupSettings(settings), onProblem);
    const log = new LogFile(options, backups);
    await log.reopen();
    return log;
  }

  get facts() {
    return {
      file: this.file,
      bytes: this.#bytes,
      backups: this.#backups.count,
      rotations: this.#rotations,
      queuedBytes: this.#queue.bytes,
      droppedRecords: this.#queue.dropped,
      problem: this.#problem ?? null,
    };
  }

  /** Bytes waiting for the disk. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** How long the disk has taken nothing although something waits, in milliseconds; Infinity once it has refused. */
  get stalledMs(): number {
    if (this.#problem !== undefined) return Number.POSITIVE_INFINITY;
    return this.#queue.bytes === 0 ? 0 : performance.now() - this.#progressAt;
  }

  /** `records` consists of whole lines. Synchronous: the record is queued, or dropped and counted. */
  push(records: Buffer): void {
    if (this.#queue.bytes === 0) this.#progressAt = performance.now();
    this.#queue.push(records);
    this.#run();
  }

  /** Opens the file anew by its name, as after a rename by someone else. Never throws: failures are tried again. */
  reopen(): Promise<void> {
    return this.#command(async () => {
      await this.#attempt(() => this.#close());
      await this.#attempt(() => this.#open());
    });
  }

  /** Puts the file away as backup 1 if it holds anything. */
  rotate(): Promise<void> {
    return this.#command(async () => {
      await this.#attempt(async () => {
        await this.#look();
        if (this.#bytes > 0) await this.#rotate();
      });
    });
  }

  async configure(settings: LogFileSettings): Promise<void> {
    this.#settings = settings;
    this.#queue.limitBytes = unlessZero(settings.bufferBytes);
    await this.#backups.configure(backupSettings(settings));
  }

  /**
   * The last whole records of the live file within `bytes`, and from there on all that is written: `follower` misses
   * nothing and sees nothing twice. Stop it by {@link unfollow}.
   */
  async tail(bytes: number, follower?: Follower): Promise<Buffer> {
    let text: Buffer = Buffer.alloc(0);
    await this.#command(async () => {
      await this.#attempt(async () => {
        text = await readTail(this.#files, this.file, bytes);
      });
      if (follower) this.#followers.add(follower);
    });
    return text;
  }

  unfollow(follower: Follower): void {
    this.#followers.delete(follower);
  }

  /** Resolves when all that was pushed is in the file; while the disk refuses, it waits with it. */
  async flush(): Promise<void> {
    while (this.#loop) await this.#loop;
  }

  /** Resolves when, besides, no backup is being compressed. */
  async atRest(): Promise<void> {
    await this.flush();
    await this.#backups.atRest();
  }

  /** Writes what is queued with one more try, counts what the disk still refuses, and ends a late compression. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.#wake.abort();
    await this.flush();
    this.#run();
    await this.flush();
    await this.#close();
    if (this.#queue.bytes > 0) {
      const { records, dropped } = this.#queue;
      this.#onProblem(
        `${records} records could not be written to ${this.file} before the end, ${dropped} were dropped`,
      );
    }
    const giveUp = new AbortController();
    await Promise.race([
      this.#backups.atRest(),
      sleep(CLOSE_COMPRESSION_MS, undefined, { signal: giveUp.signal }).catch(() => undefined),
    ]);
    giveUp.abort();
    await this.#backups[Symbol.asyncDispose]();
  }

  #command(act: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commands.push(() => act().then(resolve, reject));
      // A command need not wait for the next try of a failed write.
      this.#wake.abort();
      this.#run();
    });
  }

  #run(): void {
    this.#loop ??= this.#work().finally(() => {
      this.#loop = undefined;
      // What came in between the last look and now.
      if (this.#commands.length > 0 || (this.#queue.bytes > 0 && !this.#closing)) this.#run();
    });
  }

  async #work(): Promise<void> {
    for (;;) {
      for (let command = this.#commands.shift(); command; command = this.#commands.shift()) await command();
      const done = await this.#attempt(() => this.#writeSome());
      if (done === "all") return;
      if (done !== "failed") continue;
      if (this.#closing) return;
      this.#wake = new AbortController();
      if (this.#commands.length === 0) {
        await sleep(this.#retryMs, undefined, { signal: this.#wake.signal }).catch(() => undefined);
      }
    }
  }

  async #writeSome(): Promise<"some" | "all"> {
    await this.#look();
    const handle = this.#handle ?? (await this.#open());
    const maxBytes =
      performance.now() < this.#rotateFrom ? Number.POSITIVE_INFINITY : unlessZero(this.#settings.maxBytes);
    let run = this.#queue.peek(Math.min(BATCH_BYTES, maxBytes - this.#bytes));
    if (run.length === 0) {
      const one = this.#queue.peekOne();
      const first = one[0];
      if (!first) return "all";
      if (this.#bytes > 0 && this.#bytes + first.length > maxBytes) {
        await this.#rotate();
        return "some";
      }
      run = one;
    }
    await this.#write(handle, run);
    return "some";
  }

  async #write(handle: FileHandle, run: readonly Buffer[]): Promise<void> {
    const wanted = run.reduce((sum, { length }) => sum + length, 0);
    const { bytesWritten } = await handle.writev([...run]);
    const whole = bytesWritten === wanted ? wanted : wholeRecordBytes(run, bytesWritten);
    // The disk took a part: the file shall end at a record boundary whatever comes next.
    if (whole < bytesWritten) await handle.truncate(this.#bytes + whole);
    this.#bytes += whole;
    if (whole === 0) throw Object.assign(new Error("the disk takes no more"), { code: "ENOSPC" });
    this.#progressAt = performance.now();
    this.#queue.commit(whole);
    if (this.#followers.size > 0) {
      const seen = whole === wanted ? run : [Buffer.concat(run).subarray(0, whole)];
      for (const follower of this.#followers) follower(seen);
    }
  }

  async #rotate(): Promise<void> {
    // Somebody may have made the log private since it was opened: the next file shall not be open to more than this one.
    if (this.#handle) this.#mode = (await this.#handle.stat()).mode & 0o777;
    await this.#close();
    try {
      await this.#backups.putAway();
      this.#rotations++;
    } catch (error) {
      // Better too long a file than lost records: they go on into the one that there is.
      this.#rotateFrom = performance.now() + ROTATE_AGAIN_MS;
      this.#onProblem(`${this.file} can't be rotated: ${String(error)}`);
    }
    await this.#open();
  }

  async #open(): Promise<FileHandle> {
    const planted = () => this.#onProblem(`${this.file} was no regular file (a planted link?): it is replaced`);
    const handle = await openLive(this.#files, this.file, this.#mode, planted);
    const { size, mode } = await handle.stat();
    // A run that was killed may have left a torn record: it shall not run into the next one.
    const mended =
      size > 0 && !(await endsLine(handle, size)) ? (await handle.writev([Buffer.from("\n")])).bytesWritten : 0;
    this.#handle = handle;
    this.#bytes = size + mended;
    this.#mode = mode & 0o777;
    this.#lookedAt = performance.now();
    return handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#bytes = 0;
    await handle?.close();
  }

  /** Notices that the file was deleted, or emptied by someone else. */
  async #look(): Promise<void> {
    if (!this.#handle || performance.now() - this.#lookedAt < LOOK_EVERY_MS) return;
    const { nlink, size } = await this.#handle.stat();
    this.#lookedAt = performance.now();
    this.#bytes = size;
    if (nlink === 0) await this.#close();
  }

  /** A failure of the disk is reported once, until something works again. */
  async #attempt<T>(act: () => Promise<T>): Promise<T | "failed"> {
    try {
      const result = await act();
      this.#problem = undefined;
      return result;
    } catch (error) {
      const problem = codeOf(error) ?? String(error);
      if (this.#problem !== problem) this.#onProblem(`${this.file} can't be written: ${String(error)}`);
      this.#problem = problem;
      return "failed";
    }
  }
}

async function endsLine(handle: FileHandle, size: number): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 && buffer[0] === 10;
}

function unlessZero(limit: number): number {
  return limit === 0 ? Number.POSITIVE_INFINITY : limit;
}

function backupSettings({ backups, compress }: LogFileSettings) {
  return { count: backups, compress };
}
