import type { History, LedgerRow } from "../../spec/history.ts";
import type { Tampering } from "../../spec/observation.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, inconclusive, observed, type Fault } from "../finding.ts";
import { burstFaults, readingsOf, type BurstReading } from "../log-reading.ts";
import { observationsOf } from "../observations.ts";
import { whySuitePaused } from "../pauses.ts";

/*
 * What becomes of the log when somebody else than the server handles its files. The scenarios name what they do and the bursts
 * around it alike.
 */

// After the live file was renamed and a reopen asked for, every writer writes to the new file.
function allWritersFollow(history: History): Finding {
  const moved = tampering(history, "moved");
  if (moved?.error !== undefined || !moved) return notDone("renamed", moved);
  const reopen = history.actions.find(({ kind }) => kind === "reopen");
  if (!reopen) return inconclusive("no reopen was asked for");
  if (reopen.error !== undefined) return inconclusive(`the reopen could not be asked for: ${reopen.error}`);
  const readings = [...readingNamed(history, "moved"), ...readingNamed(history, "followed")];
  if (readings.length < 2) return inconclusive("no records were written before and after the reopen");
  const old = new Set(moved.files.flatMap(({ inode }) => inode ?? []));
  const stuck = observationsOf(history, "open-files", "end").flatMap(({ atMs, open }) =>
    open
      .filter(({ inode }) => old.has(inode))
      .map(({ pid, descriptor, path }): Fault => {
        const text = `process ${pid} still has the renamed file open for writing: descriptor ${descriptor}, ${path}`;
        return { count: 1, evidence: { kind: "file", atMs, text } };
      }),
  );
  // They have to have had their time.
  const followed = observationsOf(history, "wait", "followed").find(({ cameTrue }) => !cameTrue);
  const paused = followed && whySuitePaused(history, followed, history.target.settleMs);
  if (paused !== undefined) return inconclusive(`not every writer followed, but ${paused}`);
  const losses = readings.flatMap(lossesOf);
  const faults = [...stuck, ...lateWrites(history, moved), ...missingLive(history, moved), ...losses];
  const [tooBig] = readings.flatMap(({ tooBig }) => tooBig ?? []);
  if (faults.length === 0 && tooBig !== undefined) return inconclusive(tooBig);
  const before = observationsOf(history, "open-files", "before").flatMap(({ open }) => open);
  return decide({
    trials: sum(readings.map(({ askedRecords }) => askedRecords)),
    faults,
    expected:
      "once it was reopened, nobody has the renamed file open for writing, and the new one holds what is written",
    observed:
      `${stuck.length} of ${before.length} descriptors still on the renamed file ${sinceMs(history, reopen.startedMs, "end")} after the reopen, ` +
      `${sumOf(losses)} of ${sum(readings.map(({ askedRecords }) => askedRecords))} records lost or repeated`,
  });
}

/** What reached the renamed file after everyone had the time to follow. */
function lateWrites(history: History, { files }: Tampering): Fault[] {
  return files.flatMap(({ to }): Fault[] => {
    const [settled, end] = ["reopened", "end"].map((name) =>
      observationsOf(history, "file", name).find(({ path }) => path === to),
    );
    const more = (end?.facts?.bytes ?? 0) - (settled?.facts?.bytes ?? 0);
    if (!settled?.facts || more <= 0) return [];
    return [
      { count: 1, evidence: { kind: "file", atMs: end?.atMs ?? 0, text: `${more} bytes were still written to ${to}` } },
    ];
  });
}

function missingLive(history: History, { files, endedMs }: Tampering): Fault[] {
  const looks = observationsOf(history, "file", "end");
  return files
    .filter(({ path, inode }) => !looks.some((look) => look.path === path && look.facts && look.facts.inode !== inode))
    .map(({ path }) => ({
      count: 1,
      evidence: { kind: "file", atMs: endedMs, text: `there is no new file at ${path}` },
    }));
}

// A log file that is deleted, alone or with its folder, stops neither serving nor logging for good.
function deletedFileRecovers(history: History): Finding {
  const dead = whyDeadBefore(history);
  if (dead !== undefined) return inconclusive(dead);
  const file = tampering(history, "file-deleted");
  if (file?.error !== undefined || !file) return notDone("deleted", file);
  const folder = tampering(history, "folder-deleted");
  const done = [file, ...(folder && folder.error === undefined ? [folder] : [])];
  const recoveries = done.map((deletion) => ({ deletion, ...recoveryOf(history, deletion) }));
  if (recoveries.some(({ after }) => !after)) return inconclusive("no records were written after the deletion");
  const faults = recoveries.flatMap(({ deletion, took, paused, after }): Fault[] => [
    ...unanswered(history, deletion.startedMs, after?.snapshot.atMs ?? Infinity),
    ...(took === undefined && paused === undefined
      ? [
          {
            count: 1,
            evidence: { kind: "file", atMs: deletion.startedMs, text: `${pathsOf(deletion)} never came back` },
          } as const,
        ]
      : []),
    ...(after && paused === undefined ? lossesOf(after) : []),
  ]);
  if (faults.length === 0) {
    const [paused] = recoveries.flatMap(({ paused }) => paused ?? []);
    if (paused !== undefined) return inconclusive(`the log did not come back, but ${paused}`);
    const [tooBig] = recoveries.flatMap(({ after }) => after?.tooBig ?? []);
    if (tooBig !== undefined) return inconclusive(tooBig);
  }
  const untried = folder?.error === undefined ? "" : `; the folder was left alone: ${folder.error}`;
  return decide({
    trials: sum(recoveries.map(({ after }) => after?.askedRecords ?? 0)),
    faults,
    expected: "every request is answered, and records are in a file under the log's name again",
    observed:
      recoveries.map(({ deletion, took, how }) => `${deletion.name}: ${took ?? "not back"}${how}`).join("; ") +
      `; ${unanswered(history, file.startedMs, Infinity).length} requests without a good answer${untried}`,
  });
}

interface Recovery {
  /** In words; undefined if it never came. */
  readonly took: string | undefined;
  readonly how: string;
  /** Why it may not have had the time to. */
  readonly paused: string | undefined;
  readonly after: BurstReading | undefined;
}

function recoveryOf(history: History, { name, startedMs }: Tampering): Recovery {
  const waits = observationsOf(history, "wait").filter((wait) => wait.name.startsWith(`${name}-`));
  const last = waits.at(-1);
  const told = history.actions
    .filter((action) => ["reopen", "rotate"].includes(action.kind))
    .filter((action) => action.startedMs >= startedMs && action.startedMs <= (last?.endedMs ?? 0))
    .map(({ kind, error }) => (error === undefined ? kind : `${kind} (${error})`));
  const [after] = readingNamed(history, `${name}-after`);
  return {
    took: last?.cameTrue ? `back after ${(last.endedMs - startedMs).toFixed(0)} ms` : undefined,
    paused: last && !last.cameTrue ? whySuitePaused(history, last, history.target.settleMs) : undefined,
    how: told.length === 0 ? ", by itself" : `, after ${told.join(" and ")}`,
    after,
  };
}

/** A log that the full disk has ended, which has a rule of its own, shows nothing of what comes after. */
function whyDeadBefore(history: History): string | undefined {
  const resumed = observationsOf(history, "wait", "room-again").at(-1);
  return resumed?.cameTrue === false ? "nothing was logged any more since the disk was full" : undefined;
}

// What an external rotation that copies and truncates loses is reported.
function copytruncate(history: History): Finding {
  const dead = whyDeadBefore(history);
  if (dead !== undefined) return inconclusive(dead);
  const done = tampering(history, "truncated");
  if (done?.error !== undefined || !done) return notDone("copied and truncated", done);
  const [reading] = readingNamed(history, "truncated");
  if (!reading) return inconclusive("nothing was written around the truncation");
  const { askedRecords, snapshot, requests, tooBig } = reading;
  if (tooBig !== undefined) return inconclusive(tooBig);
  const asked = new Set(requests.map(({ id }) => id));
  const lastMs = Math.max(
    ...history.loads.flatMap(({ ledger }) =>
      [...ledger.rows()].flatMap(({ id, doneMs }) => (asked.has(id) ? doneMs : [])),
    ),
  );
  if (!(lastMs > done.endedMs)) return inconclusive("the burst was over before the file was truncated");
  const gapMs = Math.max(...done.files.map(({ gapMs }) => gapMs ?? 0));
  const live = new Set(done.files.map(({ path }) => path));
  const zeros = observationsOf(history, "file", "truncated")
    .filter(({ path }) => live.has(path))
    .map(({ facts }) => facts?.leadingZeros ?? 0);
  const damaged = snapshot.damageCount.torn + snapshot.damageCount.interleaved + snapshot.damageCount["bad-sum"];
  return observed(
    askedRecords,
    `${sumOf(burstFaults(reading))} of ${askedRecords} records lost in a gap of ${gapMs.toFixed(2)} ms between copy and truncation; ` +
      `${sum(zeros)} zero bytes at the beginning of the file, ${damaged} damaged lines`,
  );
}

export const logFiles = {
  "rotation/all-writers-follow": allWritersFollow,
  "rotation/deleted-file-recovers": deletedFileRecovers,
  "rotation/copytruncate": copytruncate,
} as const;

export function tampering(history: History, name: string, what?: Tampering["what"]): Tampering | undefined {
  return observationsOf(history, "tampering", name).find((one) => what === undefined || one.what === what);
}

export function notDone(what: string, { error } = {} as Partial<Pick<Tampering, "error">>): Finding {
  return inconclusive(error === undefined ? `no log file was ${what}` : `the log file could not be ${what}: ${error}`);
}

export function readingNamed(history: History, name: string): BurstReading[] {
  return readingsOf(history).filter(({ burst }) => burst.name === name);
}

/** Records of a burst that are lost or repeated, where the log was sure to keep them. */
export function lossesOf(reading: BurstReading): Fault[] {
  return reading.tooBig === undefined ? burstFaults(reading) : [];
}

/** Requests of any load, intended in that time, that got no good answer. */
export function unanswered(history: History, fromMs: number, toMs: number): Fault[] {
  const isOne = ({ intendedMs, outcome }: LedgerRow): boolean =>
    outcome !== "ok" && intendedMs >= fromMs && intendedMs <= toMs;
  return history.loads.flatMap(({ ledger }) =>
    [...ledger.rows()].filter(isOne).map(({ id, outcome, intendedMs }): Fault => {
      return { count: 1, evidence: { kind: "request", atMs: intendedMs, text: `request ${id} ended as ${outcome}` } };
    }),
  );
}

export function sumOf(faults: readonly Fault[]): number {
  return sum(faults.map(({ count }) => count));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function pathsOf({ files }: Tampering): string {
  return files.map(({ path }) => path).join(", ");
}

function sinceMs(history: History, fromMs: number, look: string): string {
  const atMs = observationsOf(history, "open-files", look).at(-1)?.atMs ?? fromMs;
  return `${(atMs - fromMs).toFixed(0)} ms`;
}
