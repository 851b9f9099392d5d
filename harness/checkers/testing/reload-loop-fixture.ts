import type { History, LedgerRow } from "../../spec/history.ts";
import { action, history, type HistoryParts, load } from "./history-fixture.ts";

export const LOOP_RELOADS = 33;
const PACE_MS = 400;
const SERVES_AFTER_MS = 200;

/** `LOOP_RELOADS` reloads, one every 400 ms from 1,000 ms on, each in force after 200 ms and settled after 350. */
export const loopReloads = Array.from({ length: LOOP_RELOADS }, (_, index) => {
  const startedMs = 1_000 + index * PACE_MS;
  return action({
    index: index + 1,
    startedMs,
    generation: index + 2,
    servedMs: startedMs + SERVES_AFTER_MS,
    settledMs: startedMs + 350,
  });
});

/** A request every `everyMs`, answered by the generation in force; methods take turns. */
export function loopRows(
  everyMs = 2,
  change: (row: Partial<LedgerRow>, index: number) => Partial<LedgerRow> = (row) => row,
): readonly Partial<LedgerRow>[] {
  const untilMs = 1_500 + LOOP_RELOADS * PACE_MS;
  return Array.from({ length: Math.floor(untilMs / everyMs) }, (_, index) => {
    const intendedMs = index * everyMs;
    const taken = Math.floor((intendedMs - 1_000 - SERVES_AFTER_MS) / PACE_MS) + 1;
    const generation = 1 + Math.min(LOOP_RELOADS, Math.max(0, taken));
    return change(
      { intendedMs, generation, worker: 100 * generation, method: index % 2 === 0 ? "GET" : "POST" },
      index,
    );
  });
}

/** A loop that went well, under requests on fresh and on kept-alive connections. */
export function soundLoop(parts: HistoryParts = {}): History {
  return history({
    loads: [
      load(loopRows(), { name: "fresh-get-front" }),
      load(
        loopRows(10, (row) => ({ ...row, reused: true })),
        { name: "kept-get-front", connections: "kept-alive" },
      ),
    ],
    actions: loopReloads,
    ...parts,
  });
}
