import type { ActionRecord, HeldRequest, History, LedgerRow } from "../spec/history.ts";
import { observationsOf } from "./observations.ts";
import { generationIn, rawAnswers, workerIn } from "./raw-answers.ts";
import { reloads } from "./reload-windows.ts";

/** Every process that ever answered, with the newest generation that it did it with. */
export function generationsByPid(history: History): ReadonlyMap<number, number> {
  const pids = new Map<number, number>();
  const meet = (pid: number, generation: number): void => {
    if (pid > 0 && generation > 0) pids.set(pid, Math.max(generation, pids.get(pid) ?? 0));
  };
  for (const load of history.loads) for (const row of load.ledger.rows()) meet(row.worker, row.generation);
  for (const { row } of history.held) meet(row.worker, row.generation);
  for (const { row } of observationsOf(history, "exchange")) meet(row.worker, row.generation);
  for (const { received } of observationsOf(history, "conversation")) {
    for (const answer of rawAnswers(received.map(({ text }) => text).join(""))) {
      meet(workerIn(answer), generationIn(answer));
    }
  }
  return pids;
}

/** Reloads that were asked for and took effect: their generation was seen to serve, or answered something. */
export function effectiveReloads(history: History): readonly ActionRecord[] {
  const newest = Math.max(0, ...generationsByPid(history).values());
  return reloads(history).filter(
    ({ error, generation, servedMs }) => error === undefined && (servedMs !== undefined || generation <= newest),
  );
}

/** The request was in the application's hands before the reload, and not let go on before it. */
export function spans(
  { enteredMs, releasedMs }: { readonly enteredMs: number; readonly releasedMs: number },
  { startedMs }: ActionRecord,
): boolean {
  return enteredMs <= startedMs && releasedMs >= startedMs;
}

/**
 * At the end of the drain that it is configured for, a server may cut what the suite itself still keeps in flight. An answer that
 * never comes was not cut, and ends after that only since somebody waits for it.
 */
export function isCutByDrain(request: HeldRequest, reload: ActionRecord, drainMs: number): boolean {
  const { by, row, releasedMs } = request;
  const deadlineMs = reload.startedMs + drainMs;
  if (row.outcome === "ok" || row.outcome === "hung") return false;
  if (row.doneMs < deadlineMs || !spans(request, reload)) return false;
  return by === "stream" || releasedMs >= deadlineMs;
}

/** "PUT x: status-500 after 12 ms", with its place. */
export function describeHeld(row: LedgerRow, label: string): string {
  const worker = row.worker > 0 ? `, pid ${row.worker} of generation ${row.generation}` : "";
  return `${row.method} ${row.id} (${label}): ${row.outcome}, ended at ${row.doneMs.toFixed(1)} ms${worker}`;
}
