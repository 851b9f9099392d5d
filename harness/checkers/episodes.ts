import type { ActionRecord, History, LoadRecord } from "../spec/history.ts";
import type { ProcessLook } from "../spec/control-observation.ts";
import type { Episode } from "../spec/observation.ts";
import type { Outcome } from "../spec/outcome.ts";
import type { ActionName } from "../spec/target-facts.ts";
import type { Evidence } from "../spec/verdict.ts";
import type { Fault } from "./finding.ts";
import { observationsOf } from "./observations.ts";
import { reloads } from "./reload-windows.ts";
import { type Culprit, culprits, evidenceOf, summarize } from "./request-evidence.ts";

export function episodesOf(history: History, name: string): readonly Episode[] {
  return observationsOf(history, "episode", name);
}

export function actionsIn(
  history: History,
  { startedMs, endedMs }: Episode,
  kind: ActionName,
): readonly ActionRecord[] {
  return history.actions.filter(
    (action) => action.kind === kind && action.startedMs >= startedMs && action.startedMs <= endedMs,
  );
}

/** What was asked of connections of their own: the client cannot have known that anything goes on. */
export function freshLoads({ loads }: History): readonly LoadRecord[] {
  return loads.filter(({ connections }) => connections === "fresh");
}

/** Requests of fresh connections that were under way during one of the episodes. */
export function requestsIn(history: History, episodes: readonly Episode[]): number {
  return culprits(freshLoads(history), (row) => isIn(row, episodes)).length;
}

/** Of those and of the held ones, what got no good answer. */
export function lossesIn(history: History, episodes: readonly Episode[]): readonly Fault[] {
  const lost = lostRows(history, episodes);
  const shown = evidenceOf(history, lost);
  const cut = cutRequests(history, episodes);
  return [
    // Those that are not shown count with the first one.
    ...shown.map((evidence, index) => ({ count: index === 0 ? lost.length - shown.length + 1 : 1, evidence })),
    ...cut.map(({ row, door, enteredMs }) => ({
      count: 1,
      evidence: {
        kind: "request" as const,
        atMs: row.intendedMs,
        text: `${row.id} (${door}), held: ${row.outcome}; the application entered it at ${enteredMs.toFixed(1)} ms, it ended at ${row.doneMs.toFixed(1)} ms`,
      },
    })),
  ];
}

/** "0 of 120 requests lost", with the kinds of loss where there were any. */
export function describeLosses(history: History, episodes: readonly Episode[]): string {
  const lost = lostRows(history, episodes);
  const cut = cutRequests(history, episodes);
  const kinds = [summarize(lost), cut.length > 0 ? `${cut.length} held ones cut` : ""].filter(Boolean).join(", ");
  const heldCount = history.held.filter(({ row }) => isIn(row, episodes)).length;
  const total = requestsIn(history, episodes) + heldCount;
  return `${lost.length + cut.length} of ${total} requests lost${kinds === "" ? "" : ` (${kinds})`}`;
}

/** The newest generation that answered anything during an episode; 0 if nothing was answered. */
export function newestAnswerIn({ loads }: History, episode: Episode): number {
  const answers = culprits(loads, (row) => isIn(row, [episode]));
  return answers.reduce((newest, { row }) => Math.max(newest, row.generation), 0);
}

/** Whether any reload of the replay was taken up: where none ever is, one that was not shows nothing about its moment. */
export function everReloads(history: History): boolean {
  const [first] = reloads(history);
  return first !== undefined && culprits(history.loads, ({ generation }) => generation >= first.generation).length > 0;
}

/** Processes of `left` that are not in `right`. */
export function processesBeyond(left: ProcessLook, right: ProcessLook): ProcessLook["processes"] {
  const known = new Set(right.processes.map(identityOf));
  return left.processes.filter((process) => !known.has(identityOf(process)));
}

/** By pid and start, so that a pid that came to another process is not taken for the same. */
function identityOf({ pid, startTicks }: { readonly pid: number; readonly startTicks: number }): string {
  return `${pid}/${startTicks}`;
}

export function describeProcess(
  { pid, ppid, command }: ProcessLook["processes"][number],
  atMs: number,
  what: string,
): Evidence {
  return { kind: "process", atMs, text: `${what}: pid ${pid}, parent ${ppid}: ${command}` };
}

function lostRows(history: History, episodes: readonly Episode[]): readonly Culprit[] {
  return culprits(freshLoads(history), (row) => row.outcome !== "ok" && wasLostIn(history, row, episodes));
}

function cutRequests(history: History, episodes: readonly Episode[]): History["held"] {
  return history.held.filter(({ row }) => row.outcome !== "ok" && wasLostIn(history, row, episodes));
}

/**
 * One that the next episode cut is that one's; where none was under way when it ended, the one that it began in counts. So it
 * does for one that hung: its end is our deadline, and says nothing of what went on then.
 */
function wasLostIn(history: History, row: Ended, episodes: readonly Episode[]): boolean {
  const all = observationsOf(history, "episode");
  if (row.outcome === "hung") {
    const first = all.find((episode) => isIn(row, [episode]));
    return first !== undefined && episodes.includes(first);
  }
  const isWithin = (ms: number) => (episode: Episode) => ms >= episode.startedMs && ms <= episode.endedMs;
  const endedInOne = all.some(isWithin(row.doneMs));
  return endedInOne ? episodes.some(isWithin(row.doneMs)) : isIn(row, episodes);
}

interface Times {
  readonly intendedMs: number;
  readonly doneMs: number;
}

interface Ended extends Times {
  readonly outcome: Outcome;
}

function isIn(row: Times, episodes: readonly Episode[]): boolean {
  const endedMs = Number.isNaN(row.doneMs) ? Number.POSITIVE_INFINITY : row.doneMs;
  return episodes.some((episode) => row.intendedMs <= episode.endedMs && endedMs >= episode.startedMs);
}
