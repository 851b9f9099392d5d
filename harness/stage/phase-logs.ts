import { awaitLogs } from "../logs/follow.ts";
import { readLogSnapshot } from "../logs/snapshot.ts";
import type { StageContext } from "./context.ts";

/** Waits until the log on disk holds what was written, or has come to rest without it; then reads all of it. */
export async function readPhaseLogs(context: StageContext, name: string): Promise<void> {
  const { target, site, recorder, signal } = context;
  const patterns = target.logPatterns(site);
  await awaitLogs({ patterns, expectedRecords: expectedLines(context), signal });
  recorder.logs.push(await readLogSnapshot({ name, patterns, atMs: recorder.now(), signal }));
}

/** Two records of every answered request, and those that were asked for; a log whose oldest backups are gone holds fewer. */
function expectedLines({ recorder, linesBefore, asked }: StageContext): number {
  const answered = recorder.loads.reduce(
    (sum, { tally }) => sum + (tally.ok ?? 0),
    recorder.held.length + asked.answers,
  );
  const requested = recorder.bursts.flatMap(({ requests }) => requests).reduce((sum, { records }) => sum + records, 0);
  return linesBefore + 2 * answered + requested;
}
