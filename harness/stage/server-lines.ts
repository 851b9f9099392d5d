import { readServerLines } from "../logs/server-lines.ts";
import type { StageContext } from "./context.ts";

/** Records what console and logs hold by now besides the application's records of requests. */
export async function recordServerLines({ target, site, recorder }: StageContext, name: string): Promise<void> {
  const patterns = new Set([...target.logPatterns(site), target.consoleFile]);
  const lines = await readServerLines([...patterns]);
  recorder.observations.push({ kind: "log-lines", name, atMs: recorder.now(), lines });
}
