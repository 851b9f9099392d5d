import path from "node:path";
import { compressTo, EXTENSIONS, type Compression } from "./compress.ts";
import { codeOf, openForReading, renameIfThere, unlinkIfThere, type FileLayer } from "./file-layer.ts";

export interface BackupSettings {
  /** Number of backups kept; with 0 a full file is removed. */
  readonly count: number;
  readonly compress: Compression;
}

interface Backup {
  number: number;
  extension: string;
}

/**
 * The backups of one log file: `X.log.1` is the newest, `X.log.2` (`.gz`, `.zst` once compressed) the one before.
 *
 * Names are changed in one queue, and by renames only, so that a rotation never waits for a compression: that one
 * reads from an open file into `X.log.compressing`, and afterwards asks under which number its backup goes by then. It
 * replaces it there, or throws its work away if the backup has left the list meanwhile. So names always stand in order.
 */
export class Backups implements AsyncDisposable {
  readonly #files: FileLayer;
  readonly #live: string;
  readonly #onProblem: (message: string) => void;
  readonly #giveUp = new AbortController();
  #settings: BackupSettings;
  /** In the order of their numbers, newest first. */
  #list: Backup[] = [];
  #renaming: Promise<unknown> = Promise.resolve();
  #compressing: Promise<void> | undefined;

  private constructor(files: FileLayer, live: string, settings: BackupSettings, onProblem: (message: string) => void) {
    this.#files = files;
    this.#live = live;
    this.#settings = settings;
    this.#onProblem = onProblem;
  }

  /** Takes up what an earlier run left: closes gaps in the numbers, removes what is unfinished or beyond the count. */
  static async open(
    files: FileLayer,
    live: string,
    settings: BackupSettings,
    onProblem: (message: string) => void,
  ): Promise<Backups> {
    const backups = new Backups(files, live, settings, onProblem);
    await backups.#inTurn(() => backups.#takeUp());
    backups.#startCompressing();
    return backups;
  }

  get count(): number {
    return this.#list.length;
  }

  async configure(settings: BackupSettings): Promise<void> {
    this.#settings = settings;
    await this.#inTurn(() => this.#trim(settings.count));
    this.#startCompressing();
  }

  /** Puts the live file away as backup 1. The caller opens a new one afterwards. */
  async putAway(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#settings.count === 0) {
        await unlinkIfThere(this.#files, this.#live);
        return;
      }
      await this.#trim(this.#settings.count - 1);
      for (const backup of this.#list.toReversed()) await this.#renumber(backup, backup.number + 1);
      const newest: Backup = { number: 1, extension: "" };
      if (await renameIfThere(this.#files, this.#live, this.#name(newest))) this.#list.unshift(newest);
    });
    this.#startCompressing();
  }

  /** Resolves when no compression is under way or due. */
  async atRest(): Promise<void> {
    await this.#renaming;
    while (this.#compressing) await this.#compressing;
  }

  /** Ends a compression under way; its backup stays as it is and is taken up by the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#giveUp.abort();
    await this.atRest();
  }

  async #takeUp(): Promise<void> {
    const folder = path.dirname(this.#live);
    const prefix = `${path.basename(this.#live)}.`;
    await unlinkIfThere(this.#files, `${this.#live}.compressing`);
    const found = new Map<number, string>();
    for (const entry of await this.#entries(folder)) {
      const match = entry.isFile() && entry.name.startsWith(prefix) && entry.name.slice(prefix.length);
      const parts = match ? /^([1-9]\d{0,8})(\.gz|\.zst)?$/.exec(match) : null;
      if (!parts) continue;
      const [number, extension] = [Number(parts[1]), parts[2] ?? ""];
      const other = found.get(number);
      // Both forms of one backup: the end came between the rename and the unlink. The plain one is whole for sure.
      if (other !== undefined) await unlinkIfThere(this.#files, this.#name({ number, extension: other || extension }));
      found.set(number, other === undefined ? extension : "");
    }
    for (const [number, extension] of [...found].sort(([a], [b]) => a - b)) {
      const backup = { number, extension };
      this.#list.push(backup);
      await this.#renumber(backup, this.#list.length);
    }
    await this.#trim(this.#settings.count);
  }

  async #renumber(backup: Backup, number: number): Promise<void> {
    if (backup.number === number) return;
    const there = await renameIfThere(this.#files, this.#name(backup), this.#name({ ...backup, number }));
    // Someone took it away by hand.
    if (!there) this.#list.splice(this.#list.indexOf(backup), 1);
    backup.number = number;
  }

  async #entries(folder: string) {
    try {
      return await this.#files.readdir(folder, { withFileTypes: true });
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  }

  /** Removes what has a number above `highest`. */
  async #trim(highest: number): Promise<void> {
    for (let last = this.#list.at(-1); last && last.number > highest; last = this.#list.at(-1)) {
      await unlinkIfThere(this.#files, this.#name(last));
      this.#list.pop();
    }
  }

  #startCompressing(): void {
    if (this.#compressing || this.#giveUp.signal.aborted || this.#nextPlain() === undefined) return;
    this.#compressing = this.#compressAll().then((failed) => {
      this.#compressing = undefined;
      // A rotation may have come between the last look and now; after a failure the next rotation tries again.
      if (!failed) this.#startCompressing();
    });
  }

  /** The newest first: when rotations outrun the compression, it is the one that stays longest. */
  #nextPlain(): Backup | undefined {
    return this.#settings.compress === "none" ? undefined : this.#list.find(({ extension }) => extension === "");
  }

  /** Resolves to whether it gave up. */
  async #compressAll(): Promise<boolean> {
    for (let backup = this.#nextPlain(); backup; backup = this.#nextPlain()) {
      const { compress } = this.#settings;
      if (compress === "none") return false;
      try {
        await this.#compress(backup, compress);
      } catch (error) {
        if (!this.#giveUp.signal.aborted) {
          this.#onProblem(`a backup of ${this.#live} stays uncompressed: ${String(error)}`);
        }
        return true;
      }
    }
    return false;
  }

  async #compress(backup: Backup, compress: Exclude<Compression, "none">): Promise<void> {
    const target = `${this.#live}.compressing`;
    const source = await this.#inTurn(async () => {
      if (!this.#list.includes(backup)) return undefined;
      try {
        return await openForReading(this.#files, this.#name(backup));
      } catch (error) {
        if (codeOf(error) !== "ENOENT") throw error;
        this.#list.splice(this.#list.indexOf(backup), 1);
        return undefined;
      }
    });
    if (!source) return;
    try {
      await compressTo(this.#files, source, target, compress, this.#giveUp.signal);
    } catch (error) {
      await unlinkIfThere(this.#files, target);
      throw error;
    } finally {
      await source.close();
    }
    await this.#inTurn(async () => {
      if (!this.#list.includes(backup)) {
        await unlinkIfThere(this.#files, target);
        return;
      }
      const plain = this.#name(backup);
      await this.#files.rename(target, this.#name({ ...backup, extension: EXTENSIONS[compress] }));
      backup.extension = EXTENSIONS[compress];
      await unlinkIfThere(this.#files, plain);
    });
  }

  #name({ number, extension }: Backup): string {
    return `${this.#live}.${number}${extension}`;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#renaming.then(act);
    this.#renaming = done.catch(() => undefined);
    return done;
  }
}
