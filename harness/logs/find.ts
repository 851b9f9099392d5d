import type { Stats } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { placeInRotation, type RotationPlace } from "./rotation-name.ts";

/** One file of a log, as the folder showed it. */
export interface FoundLogFile {
  readonly path: string;
  /** Relative to the folder of the first pattern. */
  readonly name: string;
  /** Shared by a live file and its backups. */
  readonly stream: string;
  readonly live: boolean;
  readonly bytes: number;
  /** Device and inode: stays the same when the file is renamed. */
  readonly identity: string;
}

export interface FoundLogs {
  /** By stream; within one oldest first, the live file last. */
  readonly files: readonly FoundLogFile[];
  /** Names of files that are about to become backups: temporary ones, and pairs of a backup with its compressed twin. */
  readonly inTransit: readonly string[];
}

interface Candidate {
  readonly path: string;
  readonly place: RotationPlace;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly identity: string;
}

/**
 * Finds the files that match `patterns` (absolute paths, `*` for any run of characters within one segment) and puts
 * live files and backups in order. A file or folder that does not exist (any more) is no error: there is no log yet.
 */
export async function findLogFiles(patterns: readonly string[]): Promise<FoundLogs> {
  const paths = new Set<string>();
  for (const pattern of patterns) for (const match of await expand(pattern)) paths.add(match);
  const root = path.dirname(patterns[0] ?? "/");
  const candidates: Candidate[] = [];
  const links: Candidate[] = [];
  const inTransit: string[] = [];
  for (const file of [...paths].toSorted()) {
    const place = placeInRotation(path.basename(file));
    if (place.temporary) {
      inTransit.push(path.basename(file));
      continue;
    }
    const own = await orMissing(lstat(file));
    const facts = own?.isSymbolicLink() ? await orMissing(stat(file)) : own;
    if (!facts?.isFile()) continue;
    const { size: bytes, mtimeMs: modifiedMs } = facts;
    const found = { path: file, place, bytes, modifiedMs, identity: `${facts.dev}:${facts.ino}` };
    (own === facts ? candidates : links).push(found);
  }
  const files = streamsOf(distinct([...candidates, ...links])).flatMap((stream) => inOrder(stream, root));
  return { files, inTransit: [...inTransit, ...twinsOf(candidates)] };
}

/** A link beside the file it leads to (a `current` link) must not be read as a second copy of it. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const known = new Set<string>();
  return candidates.filter(({ identity }) => !known.has(identity) && known.add(identity));
}
function streamsOf(candidates: readonly Candidate[]): Candidate[][] {
  const streams = Map.groupBy(candidates, (one) => path.join(path.dirname(one.path), one.place.stream));
  return [...streams.values()];
}

function inOrder(stream: readonly Candidate[], root: string): FoundLogFile[] {
  const plain = stream.some(({ place }) => place.kind === "plain");
  const inCircle = goesInCircle(stream);
  const sorted = inCircle
    ? stream.toSorted((a, b) => a.modifiedMs - b.modifiedMs)
    : stream.toSorted((a, b) => compare(a.place, b.place, plain));
  // Rotators that put the number or date into every name write to the newest; with suffixes `.1`, `.2` or labels and no
  // plain file there is no live one at the moment.
  const newest = sorted.at(-1);
  const isWritten = newest && (inCircle || !BACKUPS_ONLY.includes(newest.place.kind)) && !newest.place.compressed;
  const live = isWritten ? newest : undefined;
  return sorted.map((one) => ({
    path: one.path,
    name: path.relative(root, one.path),
    stream: path.relative(root, path.join(path.dirname(one.path), one.place.stream)),
    live: one === live,
    bytes: one.bytes,
    identity: one.identity,
  }));
}

/**
 * `rotatelogs -n` takes app.log, app.log.1, app.log.2 ... in turn and begins again: the larger the number the newer, but where the circle
 * closes. Of backups that are renamed it is the other way round, even if one of them is still written to. Two files tell nothing.
 */
function goesInCircle(stream: readonly Candidate[]): boolean {
  if (stream.some(({ place }) => place.compressed || (place.kind !== "plain" && place.kind !== "suffix"))) return false;
  const byNumber = stream.toSorted((a, b) => Number(a.place.key) - Number(b.place.key));
  const steps = byNumber.slice(1).map(({ modifiedMs }, before) => modifiedMs - (byNumber[before]?.modifiedMs ?? 0));
  return steps.filter((step) => step > 0).length >= 2 && steps.filter((step) => step < 0).length <= 1;
}

/** Names that a file gets when it is no longer written to. */
const BACKUPS_ONLY: readonly RotationPlace["kind"][] = ["suffix", "labelled"];
const ORDER = { dated: 0, labelled: 0, suffix: 1, infix: 1, plain: 2 } as const;
const collator = new Intl.Collator("en", { numeric: true });

/** Negative if `a` is the older one. */
function compare(a: RotationPlace, b: RotationPlace, plain: boolean): number {
  if (ORDER[a.kind] !== ORDER[b.kind]) return ORDER[a.kind] - ORDER[b.kind];
  // `app.log.2` is older than `app.log.1`; so is `app.2.log` beside an `app.log`. Without one, each rotation goes on
  // to the next higher number.
  const ascending = ORDER[a.kind] === 0 || (a.kind === "infix" && b.kind === "infix" && !plain);
  const difference = ascending ? collator.compare(a.key, b.key) : collator.compare(b.key, a.key);
  return difference || Number(b.compressed) - Number(a.compressed);
}

function twinsOf(candidates: readonly Candidate[]): string[] {
  const uncompressed = new Set(candidates.filter(({ place }) => !place.compressed).map(({ path }) => path));
  return candidates
    .filter((one) => one.place.compressed && uncompressed.has(one.path.replace(/\.[^.]+$/, "")))
    .map((one) => path.basename(one.path));
}

async function expand(pattern: string): Promise<string[]> {
  let found = ["/"];
  for (const segment of path.resolve(pattern).split("/").filter(Boolean)) {
    const next: string[] = [];
    for (const folder of found) {
      if (segment.includes("*")) next.push(...(await namesLike(folder, segment)));
      else next.push(path.join(folder, segment));
    }
    found = next;
  }
  return found;
}

/** True if a file of that path would be found, and counted as a part of the log. */
export function isNameOfLog(patterns: readonly string[], file: string): boolean {
  const matches = patterns.some((pattern) => likenessOf(path.resolve(pattern), "[^/]*").test(file));
  return matches && !placeInRotation(path.basename(file)).temporary;
}

function likenessOf(pattern: string, anything: string): RegExp {
  const parts = pattern.split("*").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(anything)}$`, "s");
}

async function namesLike(folder: string, segment: string): Promise<string[]> {
  const wanted = likenessOf(segment, ".*");
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  return names
    .filter((name) => wanted.test(name) && (segment.startsWith(".") || !name.startsWith(".")))
    .map((name) => path.join(folder, name));
}

async function orMissing(facts: Promise<Stats>): Promise<Stats | undefined> {
  try {
    return await facts;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
