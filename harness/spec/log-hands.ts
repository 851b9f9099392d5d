/*
 * What somebody else than the target does to its log files: a log rotator, an operator, an attacker, a disk that is full.
 * All of it is recorded, and left out in the control.
 */

export interface LogHands {
  /** Renames every live file, as a rotator does that tells the target afterwards. */
  moveAway(name: string): Promise<void>;
  /** Copies every live file and empties it, as a rotator does that tells nobody. */
  copyAndTruncate(name: string): Promise<void>;
  /** Removes every live file. */
  remove(name: string): Promise<void>;
  /** Removes the folder of the log with all that is in it. */
  removeFolder(name: string): Promise<void>;
  /** Takes all permissions but the owner's to read and write from every file of the log. */
  narrowModes(name: string): Promise<void>;
  /** Lets no process that has the live file open make a file longer than it is now by more than `roomBytes`. */
  fill(name: string, roomBytes: number): Promise<FullDisk>;
  /** Notes every name that comes into being beside the live file, for {@link plantLinks}. */
  watchNames(): WatchedNames;
  /**
   * Puts links to files outside the log where the next backups will come to stand, and where what led to them was; without
   * names that were seen, where most servers put them. Backups that are in the way are renamed.
   */
  plantLinks(name: string, watched?: WatchedNames): Promise<PlantedLinks>;
  /** Records which log files the target has open for writing. */
  lookAtWriters(name: string): Promise<LogWriters>;
  /** Records every file of the log as it is now. */
  lookAtFiles(name: string): Promise<void>;
  /**
   * True if there is a live file, not empty, that a process of the target has open for writing, and none has another file of the
   * log open so. Where nobody had the log open before it was tampered with, nobody need have it now.
   */
  isBack(): Promise<boolean>;
}

export interface FullDisk extends AsyncDisposable {
  /** There is room again. Idempotent; disposal does it too. */
  empty(): Promise<void>;
  /** True if something was written to the log since there is room again. */
  isWritten(): Promise<boolean>;
}

export interface WatchedNames extends Disposable {
  readonly names: ReadonlySet<string>;
}

export interface PlantedLinks {
  /** Records what the links led to, as it is now, and takes away the links that are still there. */
  remove(name: string): Promise<void>;
}

export interface LogWriters {
  readonly open: readonly OpenFile[];
}

/** A descriptor that can write to a file of the log. */
export interface OpenFile {
  readonly pid: number;
  readonly descriptor: number;
  /** As the kernel tells it; ends in ` (deleted)` where it has no name any more. */
  readonly path: string;
  readonly inode: number;
}

/** Something done to files of the log. */
export interface TamperedFile {
  readonly path: string;
  readonly inode?: number;
  /** New name, name of the copy, or what a link leads to. */
  readonly to?: string;
  /** How long a file may become. */
  readonly limitBytes?: number;
  /** Between the end of the copy and the truncation. */
  readonly gapMs?: number;
}
