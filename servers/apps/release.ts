import { readFile } from "node:fs/promises";
import path from "node:path";

/** What the sample apps take from `release.json`. */
export interface Release {
  readonly generation: number;
  readonly setting: string;
}

interface ReleaseFile {
  readonly generation: number;
  readonly boot?: { readonly mode?: "ok" | "fail" | "hang" | "delay"; readonly delayMs?: number };
  readonly setting?: string;
}

/**
 * Reads `release.json` of the folder and boots the way it says: `fail` throws, `hang` never resolves, `delay` waits
 * first. Without a folder it is generation 1, so that the apps also run by hand.
 */
export async function bootRelease(folder: string | undefined): Promise<Release> {
  if (folder === undefined) return { generation: 1, setting: "" };
  const file = path.join(folder, "release.json");
  const release = JSON.parse(await readFile(file, "utf8")) as ReleaseFile;
  const { mode = "ok", delayMs = 0 } = release.boot ?? {};
  if (mode === "fail") throw new Error(`${file}: generation ${release.generation} is a release that fails to boot`);
  if (mode === "delay") await new Promise((resolve) => setTimeout(resolve, delayMs));
  if (mode === "hang") await new Promise(() => setInterval(() => undefined, 60_000));
  return { generation: release.generation, setting: release.setting ?? "" };
}
