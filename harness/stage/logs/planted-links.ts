import { watch } from "node:fs";
import { mkdir, readdir, readlink, rename, symlink, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { PlantedLinks, TamperedFile, WatchedNames } from "../../spec/log-hands.ts";
import type { StageContext } from "../context.ts";
import { lookAtFile } from "./file-look.ts";
import type { LogReach } from "./log-hands.ts";

/** What most servers call their first backup; the numbers after them are planted too. */
const GUESSES = [".0", ".0.gz", ".0.zst"] as const;
/** How many numbers beyond those seen a rotation or two may use. */
const NUMBERS_AHEAD = 3;

/** Notes all names that appear in the folder of the log, temporary ones too. */
export function watchNames({ target, site }: StageContext): WatchedNames {
  const names = new Set<string>();
  const folders = new Set(target.logPatterns(site).map((pattern) => path.dirname(pattern)));
  const watchers = [...folders].map((folder) => {
    const watcher = watch(
      folder,
      { persistent: false },
      (_, name) => void (name && names.add(path.join(folder, name))),
    );
    // A folder that can't be watched has no names to tell; then only numbers are planted.
    watcher.on("error", () => watcher.close());
    return watcher;
  });
  return {
    names,
    [Symbol.dispose]: () => {
      for (const watcher of watchers) watcher.close();
    },
  };
}

/**
 * Plants a link at every name that a rotation of this log used before, or is likely to use, and at the numbers next to come; whoever can do that
 * can move backups out of the way too. Each leads to a file of its own, outside the log, whose text has no newline: so it
 * counts as no line of the log.
 */
export async function plantLinks(reach: LogReach, name: string, watched?: WatchedNames): Promise<PlantedLinks> {
  const { recorder, target } = reach.context;
  const folder = path.join(target.workspace.root, "victims");
  const links: { readonly path: string; readonly to: string }[] = [];
  await reach.tamper(name, "links-planted", async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const names = await namesToCome(reach, watched);
    await moveBackupsAside(reach);
    for (const link of names) {
      const to = path.join(folder, `${name}-${links.length}`);
      await writeFile(to, `victim of ${path.basename(link)}`, { mode: 0o600 });
      await symlink(to, link);
      links.push({ path: link, to });
    }
    if (links.length === 0) throw new Error("the rotation before used no name that could be foreseen");
    return links;
  });
  for (const { to } of links) await lookAtFile(recorder, `${name}-victim-before`, to);
  return {
    async remove(removal) {
      for (const { to } of links) await lookAtFile(recorder, `${name}-victim-after`, to);
      await reach.tamper(removal, "links-removed", async () => {
        const left = await linksInto(reach, folder);
        for (const { path: link } of left) await unlink(link);
        return left;
      });
    },
  };
}

/** Also those that a rotation has renamed, as if they were backups. */
async function linksInto(reach: LogReach, folder: string): Promise<TamperedFile[]> {
  const found: TamperedFile[] = [];
  for (const parent of new Set((await reach.patterns()).map((pattern) => path.dirname(pattern)))) {
    for (const entry of await readdir(parent, { withFileTypes: true })) {
      if (!entry.isSymbolicLink()) continue;
      const link = path.join(parent, entry.name);
      const to = await readlink(link);
      if (path.dirname(to) === folder) found.push({ path: link, to });
    }
  }
  return found;
}

async function namesToCome(reach: LogReach, watched: WatchedNames | undefined): Promise<string[]> {
  const live = (await reach.live()).map(({ path }) => path);
  const seen = watched ? watched.names : live.flatMap((file) => GUESSES.map((guess) => `${file}${guess}`));
  const known = [...seen, ...(await reach.files()).map(({ path }) => path)];
  // What we have put aside has a name that no rotation uses, and the next to be put aside may want the number after it.
  const own = known.filter(
    (name) => !reach.aside.has(name) && live.some((file) => path.basename(name).startsWith(path.basename(file))),
  );
  const wanted = new Set([...own, ...own.flatMap(laterNumbers)]);
  // What has the place of the live file is an operator's choice: many a log leads to standard error that way.
  for (const file of live) wanted.delete(file);
  return [...wanted].sort();
}

/** To names under which they still count as a part of the log. */
async function moveBackupsAside(reach: LogReach): Promise<void> {
  const [live] = await reach.live();
  if (!live) throw new Error("expected a live log file");
  for (const { path: backup, live: isLive } of await reach.files()) {
    if (!isLive) await rename(backup, await reach.nameBeside(live.path, /\.(?:gz|zst|zstd)$/.exec(backup)?.[0]));
  }
}

/** `app.log.2.gz` makes room for itself at `app.log.3.gz`. */
function laterNumbers(name: string): string[] {
  const match = /^(.*\.)(\d{1,5})((?:\.[A-Za-z]+)*)$/s.exec(name);
  if (!match) return [];
  const [, head = "", number = "0", tail = ""] = match;
  return Array.from({ length: NUMBERS_AHEAD }, (_, index) => `${head}${Number(number) + index + 1}${tail}`);
}
