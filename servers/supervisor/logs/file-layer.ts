import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import path from "node:path";

/** The calls through which log files are touched: one seam, so that tests can let a disk fail. */
export type FileLayer = Pick<typeof fs, "open" | "rename" | "unlink" | "readdir" | "mkdir">;
export type FileHandle = fs.FileHandle;

export const realFiles: FileLayer = fs;

/** Mode of a new log file and of a new log folder; an operator's own mode of an existing one is kept. */
export const LOG_FILE_MODE = 0o640;
const LOG_FOLDER_MODE = 0o750;

const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a live log file for appending; makes it with `mode`, and its folder, where they are missing. A planted link,
 * pipe or device is never followed or written: it is removed and told of by `onPlanted`, its target stays as it is.
 */
export async function openLive(
  files: FileLayer,
  file: string,
  mode: number,
  onPlanted: () => void,
): Promise<FileHandle> {
  try {
    const handle = await files.open(file, APPEND);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return create(files, file, mode);
    // A symbolic link; a pipe without reader, or a socket.
    if (codeOf(error) !== "ELOOP" && codeOf(error) !== "ENXIO") throw error;
  }
  onPlanted();
  await files.unlink(file);
  return create(files, file, mode);
}

async function create(files: FileLayer, file: string, mode: number): Promise<FileHandle> {
  await files.mkdir(path.dirname(file), { recursive: true, mode: LOG_FOLDER_MODE });
  const handle = await files.open(file, APPEND | constants.O_CREAT | constants.O_EXCL, mode);
  // The umask may have taken bits that the file before it had.
  await handle.chmod(mode);
  return handle;
}

/** Makes a new file under a name that must not exist; whatever stands there is unlinked first, never followed. */
export async function openNew(files: FileLayer, file: string, mode: number): Promise<FileHandle> {
  await unlinkIfThere(files, file);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  return files.open(file, flags, mode);
}

export async function openForReading(files: FileLayer, file: string): Promise<FileHandle> {
  return files.open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** False if there was nothing to unlink. */
export async function unlinkIfThere(files: FileLayer, file: string): Promise<boolean> {
  return ifThere(files.unlink(file));
}

/** False if there was nothing to rename. */
export async function renameIfThere(files: FileLayer, from: string, to: string): Promise<boolean> {
  return ifThere(files.rename(from, to));
}

async function ifThere(done: Promise<void>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
