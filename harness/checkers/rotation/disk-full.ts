import type { History, LogSnapshot } from "../../spec/history.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, type Fault } from "../finding.ts";
import { cutInTwo, dropNotes, mayBeRotatedAway } from "../log-reading.ts";
import { lossesOf, notDone, readingNamed, sumOf, tampering, unanswered } from "./log-files.ts";
import { observationsOf } from "../observations.ts";
import { whySuitePaused } from "../pauses.ts";

// A full disk never stops serving; what is lost is counted in the log, and logging resumes by itself.
function fullDisk(history: History): Finding {
  const filled = tampering(history, "full", "disk-filled");
  if (filled?.error !== undefined || !filled) return notDone("kept from growing", filled);
  const emptied = tampering(history, "full", "disk-emptied");
  if (emptied?.error !== undefined || !emptied)
    return inconclusive(`the disk was not emptied: ${emptied?.error ?? ""}`);
  const [flood] = readingNamed(history, "full");
  const [later] = readingNamed(history, "room-again");
  if (!flood || !later) return inconclusive("no records were written while the disk was full, and after it");
  const refused = unanswered(history, filled.startedMs, later.snapshot.atMs);
  const askedBytes = flood.burst.requests.reduce((sum, { records, bytes }) => sum + records * bytes, 0);
  const stored = observationsOf(history, "file", "full").reduce((sum, { facts }) => sum + (facts?.bytes ?? 0), 0);
  if (refused.length === 0 && stored >= askedBytes) {
    return inconclusive(`the disk was never full: the log held ${stored} bytes, ${askedBytes} had been written`);
  }
  const [resumed] = observationsOf(history, "wait", "room-again");
  const { lost, requests } = lossOf(history, filled.startedMs, later.burst.startedMs, later.snapshot);
  const counted = later.snapshot.droppedRecords;
  const uncounted = Math.max(0, lost - counted);
  const mayBeGone = uncounted > 0 && mayBeRotatedAway(history.target, later.snapshot);
  // It has to have had its time.
  const paused = resumed && !resumed.cameTrue ? whySuitePaused(history, resumed, history.target.settleMs) : undefined;
  const lostLater = lossesOf(later);
  const faults: Fault[] = [
    ...refused,
    ...(resumed?.cameTrue || paused !== undefined ? [] : [standstill(emptied.endedMs)]),
    ...lostLater,
    ...(uncounted === 0 || mayBeGone
      ? []
      : [uncountedLoss(uncounted, lost, counted, later.snapshot), ...dropNotes(later.snapshot)]),
  ];
  if (faults.length === 0) {
    if (paused !== undefined) return inconclusive(`the log did not go on, but ${paused}`);
    if (later.tooBig !== undefined) return inconclusive(later.tooBig);
    if (mayBeGone) return inconclusive(`${uncounted} records are missing uncounted, but may have been rotated away`);
  }
  const took = resumed?.cameTrue ? `after ${(resumed.endedMs - emptied.endedMs).toFixed(0)} ms` : "never";
  return decide({
    trials: requests + flood.askedRecords + later.askedRecords,
    faults,
    expected: "every request answered, no more records missing than the log says were dropped, later ones all there",
    observed:
      `${refused.length} of ${requests} requests without a good answer; ${lost} records missing, ${counted} counted as dropped; ` +
      `logging resumed ${took}, ${sumOf(lostLater)} of ${later.askedRecords} later records lost or repeated`,
  });
}

/** Records that answered requests of that time should have left, and did not; not those that were only cut in two. */
function lossOf(
  { loads, bursts, startedWallMs }: History,
  fromMs: number,
  toMs: number,
  snapshot: LogSnapshot,
): { readonly lost: number; readonly requests: number } {
  const asked = new Map(bursts.flatMap(({ requests }) => requests.map(({ id, records }) => [id, records] as const)));
  let lost = 0;
  let requests = 0;
  for (const { ledger } of loads) {
    for (const { id, intendedMs, outcome } of ledger.rows()) {
      if (intendedMs < fromMs || intendedMs >= toMs) continue;
      requests++;
      if (outcome !== "ok") continue;
      const { received = 0, answered = 0, records = 0 } = snapshot.requests.get(id) ?? {};
      const short = (wanted: number, found: number): number => Math.max(0, wanted - found);
      lost += short(1, received) + short(1, answered) + short(asked.get(id) ?? 0, records);
    }
  }
  const cut = cutInTwo(snapshot, startedWallMs + fromMs, startedWallMs + toMs);
  return { lost: Math.max(0, lost - cut), requests };
}

function standstill(atMs: number): Fault {
  const text = "nothing was written to the log any more, though there was room again";
  return { count: 1, evidence: { kind: "log", atMs, text } };
}

function uncountedLoss(count: number, lost: number, counted: number, { atMs }: LogSnapshot): Fault {
  const text = `${lost} records are missing, the log counts ${counted} as dropped (records of the event "dropped" with a count)`;
  return { count, evidence: { kind: "log", atMs, text } };
}

export const diskFull = { "rotation/disk-full": fullDisk } as const;
