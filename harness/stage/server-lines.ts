import { setTimeout as delay } from "node:timers/promises";
import { readServerLines } from "../logs/server-lines.ts";
import { LIMITS } from "../spec/limits.ts";
import type { StageContext } from "./context.ts";

/**
 * Records what console and logs hold by now besides the application's records of requests; with `until`, once it says yes
 * to the lines, or after {@link LIMITS.serverLinesMs}.
 */
export async function recordServerLines(
  { target, site, recorder, signal }: Pick<StageContext, "target" | "site" | "recorder" | "signal">,
  name: string,
  until: (lines: readonly string[]) => boolean = () => true,
): Promise<readonly string[]> {
  const patterns = [...new Set([...target.logPatterns(site), target.consoleFile])];
  const deadlineMs = recorder.now() + LIMITS.serverLinesMs;
  let lines = await readServerLines(patterns);
  while (!until(lines) && recorder.now() < deadlineMs) {
    await delay(LIMITS.serverLinesEveryMs, undefined, { signal });
    lines = await readServerLines(patterns);
  }
  recorder.observations.push({ kind: "log-lines", name, atMs: recorder.now(), lines });
  return lines;
}
