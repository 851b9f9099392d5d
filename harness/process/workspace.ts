import { cp, mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

export interface WorkspacePlan {
  /** Name of each site and the folder of the application that goes into all of its releases, if any. */
  readonly sites: readonly { readonly name: string; readonly appFolder?: string }[];
  /** Written one after the other, the last one in force; an ordinary one unless told. */
  readonly releases?: readonly ReleasePlan[];
  /** Where the folder is made; the system's temporary folder by default. */
  readonly parent?: string;
}

/** What the probe contract lets a release say. */
export interface ReleasePlan {
  readonly boot?: { readonly mode: "ok" | "fail" | "hang" | "delay"; readonly delayMs?: number };
  readonly setting?: string;
}

export interface Release {
  /** Counts from 1 within its site. */
  readonly generation: number;
  readonly folder: string;
}

/** Temporary folder of one boot, mode 0700; disposing removes it. */
export interface Workspace extends AsyncDisposable {
  readonly root: string;
  readonly gates: string;
  readonly logs: string;
  readonly run: string;
  /** Path of the symlink to the release in force. */
  current(site: string): string;
  /** Generation in force. */
  generation(site: string): number;
  /** The release in force. */
  release(site: string): Release;
  /** Writes the next release and puts it in force. Nobody sees half of it, or no `current`. */
  deploy(site: string, plan?: ReleasePlan): Promise<Release>;
}

/** Makes the folder, with generation 1 of every site in force, or the last of `releases`. */
export async function createWorkspace({
  sites,
  releases = [{}],
  parent = tmpdir(),
}: WorkspacePlan): Promise<Workspace> {
  // Mode 0700 by definition of mkdtemp.
  const root = await mkdtemp(path.join(parent, "hupspec-"));
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 5 });
  const folder = (name: string): string => path.join(root, name);
  const states = new Map(sites.map(({ name, appFolder }) => [name, { appFolder, generation: 0 }]));
  const stateOf = (site: string): { readonly appFolder: string | undefined; generation: number } => {
    const state = states.get(site);
    if (state) return state;
    throw new TypeError(`expected one of the sites ${[...states.keys()].join(", ")}, not "${site}"`);
  };
  const releaseFolder = (site: string, generation: number): string =>
    path.join(root, "releases", site, String(generation));
  const current = (site: string): string => {
    stateOf(site);
    return path.join(root, "sites", site, "current");
  };
  const workspace: Workspace = {
    root,
    gates: folder("gates"),
    logs: folder("logs"),
    run: folder("run"),
    current,
    generation: (site) => stateOf(site).generation,
    release(site) {
      const { generation } = stateOf(site);
      return { generation, folder: releaseFolder(site, generation) };
    },
    async deploy(site, plan = {}) {
      const state = stateOf(site);
      const generation = state.generation + 1;
      const release = releaseFolder(site, generation);
      await mkdir(release, { recursive: true });
      if (state.appFolder !== undefined) await cp(state.appFolder, release, { recursive: true });
      await writeFile(path.join(release, "release.json"), `${JSON.stringify(contentsOf(generation, plan))}\n`);
      await pointTo(current(site), release);
      state.generation = generation;
      return { generation, folder: release };
    },
    [Symbol.asyncDispose]: remove,
  };
  try {
    for (const name of ["gates", "logs", "run"]) await mkdir(folder(name), { mode: 0o700 });
    for (const { name, appFolder } of sites) {
      if (appFolder !== undefined) await expectFolder(appFolder);
      await mkdir(path.join(root, "sites", name), { recursive: true, mode: 0o700 });
      for (const plan of releases) await workspace.deploy(name, plan);
    }
    return workspace;
  } catch (error) {
    await remove();
    throw error;
  }
}

function contentsOf(generation: number, { boot, setting = "blue" }: ReleasePlan): object {
  return { generation, boot: { mode: boot?.mode ?? "ok", delayMs: boot?.delayMs ?? 0 }, setting };
}

/** `symlink` can't replace a link, `rename` can, in one step. */
async function pointTo(link: string, target: string): Promise<void> {
  const next = `${link}.next`;
  await rm(next, { force: true });
  await symlink(target, next);
  await rename(next, link);
}

async function expectFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new Error(`expected the folder of a probe application at ${folder}`);
}
