import { awaitLogs } from "../logs/follow.ts";
import { readLogSnapshot } from "../logs/snapshot.ts";
import type { LogSnapshot } from "../spec/history.ts";
import type { StageContext } from "./context.ts";

/** Waits until the log on disk holds what was written, or has come to rest without it; then reads all of it. */
export async function readPhaseLogs(context: StageContext, name: string): Promise<void> {
  const { target, site, recorder, signal } = context;
  const patterns = target.logPatterns(site);
  const expected = expectedLines(context) - context.lines.lost;
  const { reason } = await awaitLogs({ patterns, expectedRecords: expected, signal });
  const snapshot = await readLogSnapshot({ name, patterns, atMs: recorder.now(), signal });
  // What did not come before the log was at rest won't come later; the next look need not wait for it again.
  if (reason === "rest") context.lines.lost += Math.max(0, expected - linesOf(snapshot));
  recorder.logs.push(snapshot);
}

function linesOf({ records, damageCount }: LogSnapshot): number {
  const { torn, interleaved, "bad-sum": badSum, "not-a-record": other } = damageCount;
  return records + torn + interleaved + badSum + other;
}

/** Two records of every answered request, and those that were asked for; a log whose oldest backups are gone holds fewer. */
function expectedLines({ recorder, lines, asked }: StageContext): number {
  const answered = recorder.loads.reduce(
    (sum, { tally }) => sum + (tally.ok ?? 0),
    recorder.held.length + asked.answers,
  );
  const requested = recorder.bursts.flatMap(({ requests }) => requests).reduce((sum, { records }) => sum + records, 0);
  return lines.before + 2 * answered + requested;
}
