import { chmod, readdir, realpath, rename, rm, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { findLogFiles, isNameOfLog, type FoundLogFile } from "../../logs/find.ts";
import { filesOpenForWriting } from "../../process/open-files.ts";
import type { LogHands, OpenFile, TamperedFile } from "../../spec/log-hands.ts";
import type { Tampering } from "../../spec/observation.ts";
import type { StageContext } from "../context.ts";
import { copyAndTruncate } from "./copy-and-truncate.ts";
import { lookAtFile } from "./file-look.ts";
import { fillDisk } from "./full-disk.ts";
import { plantLinks, watchNames } from "./planted-links.ts";

const OWNER_ONLY = 0o600;

/** What the parts of the log hands share. */
export interface LogReach {
  readonly context: StageContext;
  /** Where files of the log are found, with links in the path resolved. */
  patterns(): Promise<readonly string[]>;
  live(): Promise<readonly FoundLogFile[]>;
  /** All files of the log, live ones last. */
  files(): Promise<readonly FoundLogFile[]>;
  writers(): Promise<readonly OpenFile[]>;
  /**
   * Whether anybody had it open when it was first looked at or tampered with: some open it anew for each record, and may be caught at it
   * in the middle of a burst.
   */
  readonly wasHeldOpen: boolean;
  /** A name that no server gives to a backup by itself, and that still counts as a part of the log. */
  nameBeside(file: string, extension?: string): Promise<string>;
  /** The names so given. */
  readonly aside: ReadonlySet<string>;
  /** Does it and records it; what goes wrong is recorded as well. Left out in the control. */
  tamper(name: string, what: Tampering["what"], act: () => Promise<readonly TamperedFile[]>): Promise<void>;
}

/** Handles the log of the stage's site as somebody else than the target would. */
export function createLogHands(context: StageContext): LogHands {
  const { recorder, phase } = context;
  const reach = reachOf(context);
  const eachLive = async (act: (file: string) => Promise<Partial<TamperedFile>>): Promise<TamperedFile[]> => {
    const done: TamperedFile[] = [];
    for (const { path } of await someLive(reach)) {
      const { ino: inode } = await stat(path);
      done.push({ path, inode, ...(await act(path)) });
    }
    return done;
  };
  return {
    moveAway: (name) =>
      reach.tamper(name, "moved", () =>
        eachLive(async (file) => {
          const to = await reach.nameBeside(file);
          await rename(file, to);
          return { to };
        }),
      ),
    copyAndTruncate: (name) =>
      reach.tamper(name, "copied-and-truncated", () =>
        eachLive(async (file) => copyAndTruncate(file, await reach.nameBeside(file))),
      ),
    remove: (name) =>
      reach.tamper(name, "removed", () =>
        eachLive(async (file) => {
          await unlink(file);
          return {};
        }),
      ),
    removeFolder: (name) => reach.tamper(name, "folder-removed", () => removeFolders(reach)),
    narrowModes: (name) =>
      reach.tamper(name, "modes-narrowed", async () => {
        const files = await reach.files();
        for (const { path } of files) await chmod(path, OWNER_ONLY);
        return files.map(({ path }) => ({ path }));
      }),
    fill: (name, roomBytes) => fillDisk(reach, name, roomBytes),
    watchNames: () => watchNames(context),
    plantLinks: (name, watched) => plantLinks(reach, name, watched),
    async lookAtWriters(name) {
      const open = await reach.writers();
      recorder.observations.push({ kind: "open-files", name, atMs: recorder.now(), open });
      return { open };
    },
    async lookAtFiles(name) {
      for (const { path } of await reach.files()) await lookAtFile(recorder, name, path);
    },
    async isBack() {
      if (phase === "control") return true;
      const live = await reach.live();
      const inodes = new Set(live.map(({ identity }) => Number(identity.split(":")[1])));
      const writers = await reach.writers();
      const haveIt = writers.every(({ inode }) => inodes.has(inode)) && (writers.length > 0 || !reach.wasHeldOpen);
      return haveIt && live.some(({ bytes }) => bytes > 0);
    },
  };
}

function reachOf(context: StageContext): LogReach {
  const { target, site, recorder, phase } = context;
  const aside = new Set<string>();
  let wasHeldOpen: boolean | undefined;
  let resolved: Promise<readonly string[]> | undefined;
  // Once, at the first use: later the folder may be gone, while the kernel goes on naming files by its real path.
  const patterns = (): Promise<readonly string[]> =>
    (resolved ??= Promise.all(
      target.logPatterns(site).map(async (pattern) => {
        const folder = path.dirname(pattern);
        return path.join(await realpath(folder).catch(() => folder), path.basename(pattern));
      }),
    ));
  const files = async (): Promise<readonly FoundLogFile[]> => (await findLogFiles(await patterns())).files;
  const writers = async (): Promise<readonly OpenFile[]> => {
    const known = await patterns();
    const pids = target.processes().map(({ pid }) => pid);
    const open = filesOpenForWriting(pids, (file) => isNameOfLog(known, file));
    wasHeldOpen ??= open.length > 0;
    return open;
  };
  return {
    context,
    patterns,
    files,
    aside,
    writers,
    get wasHeldOpen() {
      return wasHeldOpen ?? false;
    },
    // Without a file under the log's own name the newest other one passes for live: none of those that we made does.
    live: async () => (await files()).filter(({ live, path }) => live && !aside.has(path)),
    async nameBeside(file, extension = "") {
      const known = await patterns();
      const taken = new Set((await files()).map(({ path }) => path));
      const date = new Date().toISOString().slice(0, 10).replaceAll("-", "");
      for (let number = 1; number < 100; number++) {
        const beside = `${file}-${date}.${number}${extension}`;
        if (!isNameOfLog(known, beside) || taken.has(beside)) continue;
        aside.add(beside);
        return beside;
      }
      throw new Error(`expected ${known.join(", ")} to leave room for a moved file such as ${file}-${date}.1`);
    },
    async tamper(name, what, act) {
      if (phase === "control") return;
      if (wasHeldOpen === undefined) await writers();
      const startedMs = recorder.now();
      let files: readonly TamperedFile[] = [];
      let error: string | undefined;
      try {
        files = await act();
      } catch (problem) {
        error = problem instanceof Error ? problem.message : String(problem);
      }
      const times = { startedMs, endedMs: recorder.now() };
      recorder.observations.push({
        kind: "tampering",
        name,
        what,
        ...times,
        files,
        ...(error !== undefined && { error }),
      });
    },
  };
}

async function someLive(reach: LogReach): Promise<readonly FoundLogFile[]> {
  const live = await reach.live();
  if (live.length > 0) return live;
  throw new Error(`expected a live log file at ${(await reach.patterns()).join(", ")}`);
}

/** Not where anything else lives too: a server may well do without its log, but not without its sockets. */
async function removeFolders(reach: LogReach): Promise<TamperedFile[]> {
  const { target } = reach.context;
  const workspace = await realpath(target.workspace.root);
  const folders = new Set((await someLive(reach)).map(({ path: file }) => path.dirname(file)));
  for (const folder of folders) {
    if (!folder.startsWith(`${workspace}${path.sep}`)) throw new Error(`${folder} is not the run's own`);
    const entries = await readdir(folder, { withFileTypes: true });
    const other = entries.find((entry) => !entry.isFile() || !/\blog\b/.test(entry.name));
    if (other) throw new Error(`${folder} holds more than log files: ${other.name}`);
  }
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  return [...folders].map((folder) => ({ path: folder }));
}
