import type { ActionRecord, History, LedgerRow, LoadRecord } from "../spec/history.ts";

/** One reload and the time in which it may show: from the signal until it settled, or until it should have. */
export interface ReloadWindow {
  readonly action: ActionRecord;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Reloads to releases that boot; those that can't are other rules' business. */
export function reloads(history: History): readonly ActionRecord[] {
  return history.actions.filter(({ kind, release }) => kind === "reload" && release === "ok");
}

/** Reloads to releases that fail or hang while they are loaded. */
export function brokenReloads(history: History): readonly ActionRecord[] {
  return history.actions.filter(({ kind, release }) => kind === "reload" && release !== "ok");
}

/** Why a reload says nothing of the target: what went wrong with it is no refusal. */
export function whyNotAsked({ index, error, refused }: ActionRecord): string | undefined {
  return error === undefined || refused ? undefined : `reload ${index} could not be asked for: ${error}`;
}

export function reloadWindows(history: History): readonly ReloadWindow[] {
  return reloads(history).map((action) => ({
    action,
    fromMs: action.startedMs,
    toMs: action.settledMs ?? action.settleDeadlineMs,
  }));
}

/** Whether a request was under way at some time inside one of the windows. */
export function touches(row: LedgerRow, windows: readonly ReloadWindow[]): ReloadWindow | undefined {
  const endedMs = Number.isNaN(row.doneMs) ? Number.POSITIVE_INFINITY : row.doneMs;
  return windows.find(({ fromMs, toMs }) => row.intendedMs <= toMs && endedMs >= fromMs);
}

/**
 * Why the history can't decide a rule about reloads under `loads`, or nothing if it can: there has to be a reload, it has
 * to have had an effect (an answer of the new generation), and requests have to have been under way during it.
 */
export function whyNoReloadSeen(history: History, loads: readonly LoadRecord[]): string | undefined {
  const windows = reloadWindows(history);
  if (windows.length === 0) return "no reload took place";
  const failed = windows.find(({ action }) => action.error !== undefined);
  if (failed) return `reload ${failed.action.index} could not be asked for: ${failed.action.error}`;
  const newest = highestGeneration(history);
  const without = windows.find(({ action }) => action.generation > newest);
  if (without) return `no answer ever came from generation ${without.action.generation}: the reload had no effect`;
  if (loads.length === 0) return "no load of the kind that this rule speaks of ran";
  const idle = windows.find((window) => !loads.some((load) => overlaps(load, [window])));
  if (idle) return `no request was under way during reload ${idle.action.index}`;
  return undefined;
}

/** Whether a request was under way in the window of a reload that could be asked for, effect or not: a server may die of it. */
export function isStruck(history: History, row: LedgerRow): boolean {
  const asked = reloadWindows(history).filter(({ action }) => action.error === undefined);
  return touches(row, asked) !== undefined;
}

/** That all that was lost had ended before anything was reloaded, and so by something else; nothing if one had not. */
export function whyNotByReload(history: History, lost: readonly { readonly row: LedgerRow }[]): string | undefined {
  const firstMs = reloads(history)[0]?.startedMs ?? Number.POSITIVE_INFINITY;
  if (lost.length === 0 || !lost.every(({ row }) => row.doneMs < firstMs)) return undefined;
  return `${lost.length} requests were lost before any reload, none after it`;
}

export function overlaps(load: LoadRecord, windows: readonly ReloadWindow[]): boolean {
  for (const row of load.ledger.rows()) if (touches(row, windows)) return true;
  return false;
}

function highestGeneration(history: History): number {
  let highest = 0;
  for (const load of history.loads) {
    for (const row of load.ledger.rows()) highest = Math.max(highest, row.generation);
  }
  return highest;
}
