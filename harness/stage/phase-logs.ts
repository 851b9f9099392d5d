import { awaitLogs } from "../logs/follow.ts";
import { readLogSnapshot } from "../logs/snapshot.ts";
import type { StageContext } from "./stage.ts";

/** Waits until the log on disk has come to rest, then reads all of it. */
export async function readPhaseLogs({ target, site, recorder, signal }: StageContext, name: string): Promise<void> {
  const patterns = target.logPatterns(site);
  await awaitLogs({ patterns, signal });
  recorder.logs.push(await readLogSnapshot({ name, patterns, atMs: recorder.now(), signal }));
}
