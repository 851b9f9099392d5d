import { type Gap, gapsBetween } from "../../client/timeline.ts";
import type { History, LedgerRow, LoadRecord } from "../../spec/history.ts";
import type { Outcome } from "../../spec/outcome.ts";
import type { Finding } from "../../spec/verdict.ts";
import { held, inconclusive, violated } from "../finding.ts";
import { longestOf, pausedMs, provenMs, type Timed } from "../pauses.ts";
import {
  isStruck,
  type ReloadWindow,
  reloadWindows,
  touches,
  whyNoReloadSeen,
  whyNotByReload,
} from "../reload-windows.ts";
import { describeClasses, requestClasses } from "../request-classes.ts";
import { countRows, type Culprit, culprits, evidenceOf, summarize } from "../request-evidence.ts";

/** Requests that the seed's experiment sends. */
const AB_REQUESTS = 10_000;

export const availability = {
  "availability/reload-loses-nothing": reloadLosesNothing,
  "availability/ab-ten-thousand": abTenThousand,
  "availability/old-serves-until-new-ready": oldServesUntilNewReady,
  "availability/stall-bounded": stallBounded,
};

// A reload under load loses no request on a fresh connection.
function reloadLosesNothing(history: History): Finding {
  // Who keeps connections alive opens fresh ones as well.
  const loads = history.loads.filter(({ mode }) => mode === "open-loop");
  const lost = culprits(loads, ({ reused, outcome }) => !reused && outcome !== "ok");
  const fresh = loads.filter(({ connections }) => connections === "fresh");
  const reason = whyNoReloadSeen(history, fresh) ?? whyNotByReload(history, lost);
  if (reason && !lost.some(({ row }) => isStruck(history, row))) return inconclusive(reason);
  const trials = culprits(loads, ({ reused }) => !reused).length;
  const reloadCount = reloadWindows(history).length;
  // What became of requests on reused connections is said as well; the rules on connections judge it.
  const classes = describeClasses(requestClasses(loads));
  const text = `${lost.length} of ${trials} requests lost in ${reloadCount} reloads`;
  if (lost.length === 0) return held(trials, `${text}; ${classes}`);
  return violated({
    trials,
    violations: lost.length,
    expected: "each id answered exactly once, completely, with a 2xx",
    observed: `${text}: ${summarize(lost)}; ${classes}`,
    evidence: evidenceOf(history, lost),
  });
}

// Of 10,000 requests sent ten at a time with a reload midway, every one completes with a 2xx answer.
function abTenThousand(history: History): Finding {
  const loads = history.loads.filter(({ mode }) => mode === "closed-loop");
  const short = loads.find(({ intended }) => intended < AB_REQUESTS);
  if (loads.length === 0 || short)
    return inconclusive(`${short?.intended ?? 0} of ${AB_REQUESTS} requests were intended`);
  const reloaded = loads.find((load) => !reloadWindows(history).some((window) => midway(load, window)));
  if (reloaded) return inconclusive(`no reload took place while ${reloaded.name} ran`);
  const lost = culprits(loads, ({ outcome }) => outcome !== "ok");
  const reason = whyChangeoverMissed(history, loads) ?? whyNoReloadSeen(history, loads);
  if (reason && !lost.some(({ row }) => isStruck(history, row))) return inconclusive(reason);
  const trials = countRows(loads);
  if (lost.length === 0) return held(trials, `all of ${trials} requests complete, each with a 2xx`);
  return violated({
    trials,
    violations: lost.length,
    expected: `${AB_REQUESTS} complete 2xx answers`,
    observed: `${lost.length} of ${trials} not complete: ${summarize(lost)}`,
    evidence: evidenceOf(history, lost),
  });
}

/** Whether this very release ever served: a reload that is swallowed, or overtaken by the next, has not booted. */
function hasAnswered({ loads }: History, generation: number): boolean {
  return loads.some(({ ledger }) => [...ledger.rows()].some((row) => row.generation === generation));
}

/** Why a load was over before the code that it was reloaded to answered anything. */
function whyChangeoverMissed(history: History, loads: readonly LoadRecord[]): string | undefined {
  for (const load of loads) {
    const window = reloadWindows(history).find((window) => midway(load, window));
    if (window?.action.servedMs === undefined) continue;
    const { generation } = window.action;
    if ([...load.ledger.rows()].some((row) => row.generation >= generation)) continue;
    return `${load.name} was over before generation ${generation} served`;
  }
  return undefined;
}

function midway(load: LoadRecord, { action }: ReloadWindow): boolean {
  return action.startedMs > load.startedMs && action.startedMs < load.endedMs;
}

/** The part of a slow boot for which the old workers may be silent before it counts as a gap. */
const TOLERATED_PART_OF_BOOT = 0.5;

// Old workers go on accepting until their replacements are ready to answer, not merely started.
function oldServesUntilNewReady(history: History): Finding {
  const slow = reloadWindows(history).filter(({ action }) => action.bootDelayMs > 0);
  if (slow.length === 0) return inconclusive("no release that takes its time to boot was reloaded");
  const loads = history.loads.filter(({ connections, mode }) => connections === "fresh" && mode === "open-loop");
  // Of the others nothing is asked here.
  const reason = whyNoReloadSeen({ ...history, actions: slow.map(({ action }) => action) }, loads);
  if (reason) return inconclusive(reason);
  let trials = 0;
  const gaps: BootGaps[] = [];
  for (const window of slow) {
    const until = servesMs(window);
    for (const load of loads) {
      const during = [...load.ledger.rows()].filter(
        (row) => row.intendedMs >= window.fromMs && row.intendedMs <= until,
      );
      if (during.length === 0)
        return inconclusive(`${load.name} sent nothing while reload ${window.action.index} booted`);
      trials += during.length;
      const found = longestOf(history, gapsBetween(load.ledger.rows(), window.fromMs, until));
      if (found) gaps.push({ ...found, window, load });
    }
  }
  const partOf = ({ window }: BootGaps, ms: number): number => ms / window.action.bootDelayMs;
  const [worst] = gaps.toSorted((a, b) => partOf(b, b.longest.ms) - partOf(a, a.longest.ms));
  const [proven] = gaps.toSorted((a, b) => partOf(b, provenMs(b.proven)) - partOf(a, provenMs(a.proven)));
  if (!worst || !proven) return inconclusive("no load of fresh connections ran");
  const longestText = describeBootGap(worst, worst.longest);
  if (partOf(worst, worst.longest.ms) <= TOLERATED_PART_OF_BOOT) {
    const unbooted = slow.find(({ action }) => !hasAnswered(history, action.generation));
    if (!unbooted) return held(trials, longestText);
    return inconclusive(
      `no answer ever came from generation ${unbooted.action.generation}, which takes its time to boot: the one after it was sooner`,
    );
  }
  if (partOf(proven, provenMs(proven.proven)) <= TOLERATED_PART_OF_BOOT) {
    return inconclusive(
      `${longestText}, but the suite itself paused for ${worst.longest.pausedMs.toFixed(0)} ms of it`,
    );
  }
  const { window, load } = proven;
  const { bootDelayMs } = window.action;
  const unserved = culprits(
    [load],
    (row) =>
      row.intendedMs >= window.fromMs && row.intendedMs <= servesMs(window) && !answeredWithin(row, bootDelayMs / 4),
  );
  return violated({
    trials,
    violations: Math.max(unserved.length, 1),
    expected: `answers from the old workers during the ${bootDelayMs} ms that the new ones take to boot`,
    observed: describeBootGap(proven, proven.proven),
    evidence: evidenceOf(history, unserved),
  });
}

/** Times without a good answer to one load while one release booted. */
interface BootGaps {
  readonly longest: Timed;
  readonly proven: Timed;
  readonly window: ReloadWindow;
  readonly load: LoadRecord;
}

function describeBootGap({ load, window: { action } }: BootGaps, { ms }: Timed): string {
  return `longest time without a good answer ${ms.toFixed(0)} ms (${load.name}, reload ${action.index}) of a boot of ${action.bootDelayMs} ms`;
}

/** Until when the old workers are needed: some servers drain first, and have the new ones boot long after they were asked. */
function servesMs({ fromMs, toMs, action }: ReloadWindow): number {
  return Math.max(fromMs + action.bootDelayMs, action.servedMs ?? toMs);
}

function answeredWithin(row: LedgerRow, ms: number): boolean {
  return row.outcome === "ok" && row.doneMs - row.intendedMs <= ms;
}

/** A pause of the suite of this part of what took too long leaves that undecided. */
const PAUSE_PART_OF_STALL = 0.25;
/** Requests that were waited for in vain. */
const GIVEN_UP: readonly Outcome[] = ["hung", "connect-timeout"];

// The longest stall and the p99 latency inside a reload window stay within the declared budget.
function stallBounded(history: History): Finding {
  const windows = reloadWindows(history);
  const loads = history.loads.filter(({ mode }) => mode === "open-loop");
  const reason = whyNoReloadSeen(history, loads);
  if (reason) return inconclusive(reason);
  const inside = culprits(loads, (row) => touches(row, windows) !== undefined);
  if (!inside.some(({ row }) => row.outcome === "ok"))
    return inconclusive("no request was answered inside a reload window");
  const isTimed = ({ row }: Culprit): boolean => row.outcome === "ok" || GIVEN_UP.includes(row.outcome);
  const rows = inside.filter(isTimed);
  const { stallMs, p99Ms } = history.target.budget;
  const latencies = rows.map(({ row }) => row.doneMs - row.intendedMs).sort((a, b) => a - b);
  const p99 = latencies[Math.ceil(latencies.length * 0.99) - 1] ?? 0;
  const max = latencies.at(-1) ?? 0;
  const gaps = gapsInside(loads, windows);
  const gap = highest(gaps.map(lengthOf));
  const text =
    `p99 ${p99.toFixed(1)} ms, longest ${max.toFixed(1)} ms of ${rows.length} requests inside ${windows.length} reload windows; ` +
    `longest time without a good answer ${gap.toFixed(1)} ms`;
  if (Math.max(max, gap) <= stallMs && p99 <= p99Ms) return held(rows.length, text);
  // On a machine on which the suite itself has to wait so long for a core, the target has to as well.
  const long = [...rows.map(({ row }) => ({ fromMs: row.intendedMs, toMs: row.doneMs })), ...gaps].filter(
    (span) => lengthOf(span) > stallMs,
  );
  const paused = (span: Gap): number => pausedMs(history, span.fromMs, span.toMs);
  const isExcused = (span: Gap): boolean =>
    lengthOf(span) - paused(span) <= stallMs || paused(span) > lengthOf(span) * PAUSE_PART_OF_STALL;
  const pausedInWindowMs = highest(windows.map(paused));
  if (long.every(isExcused) && (p99 <= p99Ms || pausedInWindowMs > stallMs * PAUSE_PART_OF_STALL)) {
    const mostMs = highest([...long.map(paused), ...(p99 > p99Ms ? [pausedInWindowMs] : [])]);
    return inconclusive(`${text}, but the suite itself paused for ${mostMs.toFixed(0)} ms meanwhile`);
  }
  const slow = rows.filter(({ row }) => row.doneMs - row.intendedMs > Math.min(stallMs, p99Ms));
  return violated({
    trials: inside.length,
    violations: Math.max(slow.length, 1),
    expected: `p99 at most ${p99Ms} ms and no stall longer than ${stallMs} ms`,
    observed: text,
    evidence: [
      ...evidenceOf(
        history,
        slow.toSorted((a, b) => b.row.doneMs - b.row.intendedMs - (a.row.doneMs - a.row.intendedMs)),
      ),
      ...evidenceOf(
        history,
        inside.filter((one) => !isTimed(one)),
      ),
    ],
  });
}

/** Refusing quickly is a stall as well: nobody is served meanwhile. */
function gapsInside(loads: readonly LoadRecord[], windows: readonly ReloadWindow[]): readonly Gap[] {
  return loads.flatMap((load) =>
    windows.flatMap(({ fromMs, toMs }) => gapsBetween(load.ledger.rows(), fromMs, Math.min(toMs, load.endedMs))),
  );
}

/** There may be more of them than a call takes arguments. */
function highest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function lengthOf({ fromMs, toMs }: Gap): number {
  return toMs - fromMs;
}
