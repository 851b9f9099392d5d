import type { HeldRequest, History, LoadRecord } from "../../spec/history.ts";
import type { Finding } from "../../spec/verdict.ts";
import { decide, type Fault, inconclusive, unlessInDoubt } from "../finding.ts";
import { longestOf, provenMs } from "../pauses.ts";
import { type ReloadWindow, reloadWindows, whyNoReloadSeen } from "../reload-windows.ts";

/**
 * The part of a slow boot for which too few workers may answer before it counts: which of them takes a connection is for chance
 * to say, so that a sound one may be silent for a while.
 */
const TOLERATED_PART_OF_BOOT = 0.5;

// During a reload there are never fewer workers that answer than there should be.
export function capacityFloor(history: History): Finding {
  const slow = reloadWindows(history).filter(({ action }) => action.bootDelayMs > 0);
  if (slow.length === 0) return inconclusive("no release that takes its time to boot was reloaded");
  const loads = loadsAtTheWorkers(history.loads);
  // Of the others nothing is asked here.
  const reason = whyNoReloadSeen({ ...history, actions: slow.map(({ action }) => action) }, loads);
  if (reason !== undefined) return inconclusive(reason);
  const spans = answeringSpans(loads);
  for (const { row, enteredMs } of occupying(history)) extend(spans, row.worker, enteredMs, row.doneMs);
  const shortages = slow.map((window) => shortageIn(window, spans, history.target.workers));
  const few = shortages.find(({ before }) => before < history.target.workers);
  if (few) {
    const { index } = few.window.action;
    return inconclusive(`only ${few.before} of ${history.target.workers} workers were met before reload ${index}`);
  }
  const measured = shortages.map((shortage) => ({ ...shortage, ...longestOf(history, shortage.spans) }));
  const faults = measured.flatMap(({ window, lowest, proven }): readonly Fault[] => {
    const { index, bootDelayMs } = window.action;
    if (!proven || provenMs(proven) <= bootDelayMs * TOLERATED_PART_OF_BOOT) return [];
    const text = `reload ${index}: from ${(proven.fromMs - window.fromMs).toFixed(0)} ms on, for ${proven.ms.toFixed(0)} ms, down to ${lowest} workers that answer fresh connections`;
    return [{ count: 1, evidence: { kind: "timeline", atMs: proven.fromMs, text } }];
  });
  const doubts = measured.flatMap(({ window, longest }) => {
    const { index, bootDelayMs } = window.action;
    if (!longest || longest.ms <= bootDelayMs * TOLERATED_PART_OF_BOOT) return [];
    return [
      `reload ${index}: fewer than ${history.target.workers} workers answered for ${longest.ms.toFixed(0)} ms, but the suite itself paused for ${longest.pausedMs.toFixed(0)} ms of it`,
    ];
  });
  const finding = decide({
    trials: slow.length,
    faults,
    expected: `${history.target.workers} workers that answer at every moment of the reload`,
    observed: measured
      .map(
        ({ window: { action }, longest }) =>
          `fewer than ${history.target.workers} workers answered for ${(longest?.ms ?? 0).toFixed(0)} ms at most ` +
          `(reload ${action.index}, boot of ${action.bootDelayMs} ms)`,
      )
      .join("; "),
  });
  return unlessInDoubt(doubts[0], finding);
}

/** Behind a proxy a worker that accepts nothing any more still answers on the connections that the proxy has kept. */
function loadsAtTheWorkers(loads: readonly LoadRecord[]): readonly LoadRecord[] {
  const fresh = loads.filter(({ connections, mode }) => connections === "fresh" && mode === "open-loop");
  const direct = fresh.filter(({ door }) => door === "direct");
  return direct.length > 0 ? direct : fresh;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Held requests that keep a worker from taking others: it works on one at a time, and the suite itself chose which. */
function occupying({ target, held }: History): readonly HeldRequest[] {
  if (target.concurrency !== target.workers) return [];
  return held.filter(({ row, enteredMs }) => row.outcome === "ok" && row.worker > 0 && enteredMs <= row.doneMs);
}

/** From its first to its last answer on a fresh connection, by worker. */
function answeringSpans(loads: readonly LoadRecord[]): Map<number, Span> {
  const spans = new Map<number, Span>();
  for (const { ledger } of loads) {
    for (const { outcome, worker, reused, doneMs } of ledger.rows()) {
      if (outcome === "ok" && worker > 0 && !reused) extend(spans, worker, doneMs, doneMs);
    }
  }
  return spans;
}

function extend(spans: Map<number, Span>, worker: number, fromMs: number, toMs: number): void {
  const { fromMs: firstMs = fromMs, toMs: lastMs = toMs } = spans.get(worker) ?? {};
  spans.set(worker, { fromMs: Math.min(firstMs, fromMs), toMs: Math.max(lastMs, toMs) });
}

interface Shortage {
  readonly window: ReloadWindow;
  /** Workers that answered before the reload, and not too long before. */
  readonly before: number;
  readonly lowest: number;
  readonly spans: readonly Span[];
}

/** The times inside the window with fewer workers than `wanted`. */
function shortageIn(window: ReloadWindow, spans: ReadonlyMap<number, Span>, wanted: number): Shortage {
  const { fromMs, toMs } = window;
  const all = [...spans.values()];
  const countAt = (atMs: number): number => all.filter((span) => span.fromMs <= atMs && span.toMs >= atMs).length;
  // The number changes right at a first answer and right after a last one.
  const changes = [fromMs, ...all.flatMap((span) => [span.fromMs, span.toMs + 0.001]), toMs]
    .filter((atMs) => atMs >= fromMs && atMs <= toMs)
    .sort((a, b) => a - b);
  const short: Span[] = [];
  let lowest = wanted;
  let shortSince: number | undefined;
  for (const atMs of changes) {
    const count = atMs === toMs ? wanted : countAt(atMs);
    if (count < wanted) {
      lowest = Math.min(lowest, count);
      shortSince ??= atMs;
    } else if (shortSince !== undefined) {
      short.push({ fromMs: shortSince, toMs: atMs });
      shortSince = undefined;
    }
  }
  return {
    window,
    before: all.filter((span) => span.fromMs <= fromMs && span.toMs >= fromMs - window.action.bootDelayMs).length,
    lowest,
    spans: short,
  };
}
