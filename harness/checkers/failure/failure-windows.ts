import type { ActionRecord, History, LoadRecord, ReleaseKind } from "../../spec/history.ts";
import type { Evidence } from "../../spec/verdict.ts";
import type { Fault } from "../finding.ts";
import { isComplaint, reportOf } from "./complaints.ts";
import { observationsOf } from "../observations.ts";
import { brokenReloads, reloads, whyNotAsked } from "../reload-windows.ts";
import { type Culprit, culprits, describeRow } from "../request-evidence.ts";
import { type Stalls, stallsIn } from "./stalls.ts";

/** A reload that must not succeed, and the time until something else is done to the target. */
export interface BrokenWindow {
  readonly action: ActionRecord;
  readonly fromMs: number;
  readonly toMs: number;
}

/** @param release those of this kind; of any kind unless told. */
export function brokenWindows(history: History, release?: ReleaseKind): readonly BrokenWindow[] {
  const others = [
    ...history.actions.map(({ startedMs }) => startedMs),
    ...observationsOf(history, "signal").map(({ atMs }) => atMs),
  ];
  return brokenReloads(history)
    .filter((action) => release === undefined || action.release === release)
    .map((action) => {
      const fromMs = action.startedMs;
      const next = others.filter((atMs) => atMs > fromMs);
      return { action, fromMs, toMs: Math.min(history.durationMs, ...next) };
    });
}

/**
 * Requests without a good answer that were sent in one of the windows, or were under way when it began. One of these that hangs
 * does so for a process that had been struck down before, if there was any.
 */
export function unservedIn(history: History, windows: readonly BrokenWindow[]): readonly Culprit[] {
  const blows = observationsOf(history, "signal").filter(({ delivered }) => delivered);
  return culprits(history.loads, (row) => {
    if (row.outcome === "ok") return false;
    const endedMs = Number.isNaN(row.doneMs) ? Number.POSITIVE_INFINITY : row.doneMs;
    const hungBefore = (ms: number): boolean =>
      row.outcome === "hung" && row.intendedMs < ms && blows.some(({ atMs }) => atMs < ms);
    return windows.some(({ fromMs, toMs }) => row.intendedMs < toMs && endedMs >= fromMs && !hungBefore(fromMs));
  });
}

/** What served nobody for as long as a stall may last before the reload has nobody to lose by it, which leaves that undecided. */
export function servingBefore(
  history: History,
  windows: readonly BrokenWindow[],
): { readonly serving: readonly BrokenWindow[]; readonly idle: string | undefined } {
  const { stallMs } = history.target.budget;
  const isIdle = ({ fromMs }: BrokenWindow): boolean => {
    const isJustBefore = (atMs: number): boolean => atMs >= fromMs - stallMs && atMs <= fromMs;
    const asked = culprits(history.loads, ({ intendedMs }) => isJustBefore(intendedMs));
    const served = culprits(history.loads, ({ outcome, doneMs }) => outcome === "ok" && isJustBefore(doneMs));
    return asked.length > 0 && served.length === 0;
  };
  const first = windows.find(isIdle);
  return {
    serving: windows.filter((window) => !isIdle(window)),
    idle: first && `nobody was served in the ${stallMs} ms before reload ${first.action.index}`,
  };
}

export function rowsIn(loads: readonly LoadRecord[], windows: readonly BrokenWindow[]): number {
  const isInside = (atMs: number): boolean => windows.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
  return culprits(loads, ({ intendedMs }) => isInside(intendedMs)).length;
}

/** Answers of a release that should never have served, one fault for each window that has any. */
export function servedAllTheSame(history: History, windows: readonly BrokenWindow[]): readonly Fault[] {
  return windows.flatMap(({ action, fromMs, toMs }) => {
    const served = culprits(
      history.loads,
      ({ generation, doneMs }) => generation >= action.generation && doneMs >= fromMs && doneMs < toMs,
    );
    const [first] = served;
    if (!first) return [];
    return [{ count: served.length, evidence: requestEvidence(history, first) }];
  });
}

/** The first look at the main process that did not find it, if that was after one of the windows had begun. */
export function mainLost(history: History, windows: readonly BrokenWindow[]): readonly Fault[] {
  const miss = firstMainMiss(history);
  if (!miss) return [];
  // A good reload may replace the main process by design.
  const good = reloads(history).filter(({ release, startedMs }) => release === "ok" && startedMs <= miss.atMs);
  const isOf = ({ fromMs }: BrokenWindow): boolean =>
    fromMs <= miss.atMs && !good.some(({ startedMs }) => startedMs > fromMs);
  return windows.some(isOf) ? [{ count: 1, evidence: { kind: "process", ...miss } }] : [];
}

export function firstMainMiss(history: History): { readonly atMs: number; readonly text: string } | undefined {
  return observationsOf(history, "poll", "main").flatMap(({ misses }) => misses)[0];
}

export function stallsAfter(history: History, windows: readonly BrokenWindow[]): Stalls {
  const spans = windows.map(({ action, fromMs, toMs }) => ({ fromMs, toMs, when: `after reload ${action.index}` }));
  return stallsIn(history, history.loads, spans);
}

/** What there is to see of a reload that was tried: a process, a message, a loss. */
export function whyNotTried(history: History, window: BrokenWindow): string | undefined {
  const { action, fromMs } = window;
  const miss = firstMainMiss(history);
  if (miss && miss.atMs < fromMs) return `before reload ${action.index}: ${miss.text}`;
  if (action.refused || mainLost(history, [window]).length > 0) return undefined;
  // A configuration that is swallowed has new processes too, and one that is refused need not have any.
  const isSeen =
    action.release === "bad-config"
      ? reportOf(history, action) !== undefined
      : isComplaint(action.output ?? "") || startsAny(history, window);
  if (isSeen) return undefined;
  const unasked = whyNotAsked(action);
  if (unasked !== undefined || unservedIn(history, [window]).length > 0) return unasked;
  const what = action.release === "bad-config" ? "" : "no process was started, ";
  return `reload ${action.index} had no effect that could be seen: ${what}nothing was reported`;
}

function startsAny(history: History, { fromMs, toMs }: BrokenWindow): boolean {
  const before = new Set<number>();
  for (const { atMs, processes } of history.processes.samples) {
    if (atMs < fromMs) for (const { pid } of processes) before.add(pid);
    else if (atMs < toMs && processes.some(({ pid }) => !before.has(pid))) return true;
  }
  return observationsOf(history, "starts").some(
    ({ startedMs, endedMs, count }) => count > 0 && startedMs <= toMs && endedMs >= fromMs,
  );
}

export function requestFaults(history: History, found: readonly Culprit[]): readonly Fault[] {
  return found.map((culprit) => ({ count: 1, evidence: requestEvidence(history, culprit) }));
}

function requestEvidence(history: History, { load, row }: Culprit): Evidence {
  return { kind: "request", atMs: row.intendedMs, text: describeRow(history, load, row) };
}
