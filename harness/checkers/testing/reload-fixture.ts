import type { History, LedgerRow, LoadRecord } from "../../spec/history.ts";
import { action, history, type HistoryParts, load, sample } from "./history-fixture.ts";

/** A request every 20 ms for three seconds, answered by pid 100 before the reload at 1,000 ms and by 200 after it. */
export function rowsAroundReload(
  change: (row: Partial<LedgerRow>, index: number) => Partial<LedgerRow> = (row) => row,
) {
  return Array.from({ length: 150 }, (_, index): Partial<LedgerRow> => {
    const intendedMs = index * 20;
    const isNew = intendedMs > 1_200;
    return change({ intendedMs, worker: isNew ? 200 : 100, generation: isNew ? 2 : 1 }, index);
  });
}

export const freshLoad = (rows = rowsAroundReload(), facts: Partial<LoadRecord> = {}): LoadRecord =>
  load(rows, { name: "fresh-front", ...facts });

export const keptLoad = (
  rows = rowsAroundReload((row, index) => ({ ...row, reused: index >= 10, connection: index % 10 })),
  facts: Partial<LoadRecord> = {},
): LoadRecord => load(rows, { name: "kept-alive-front", connections: "kept-alive", ...facts });

/** A reload that went well, with everything that a checker may look at. */
export function soundReload(parts: HistoryParts = {}): History {
  return history({
    loads: [freshLoad(), keptLoad()],
    actions: [action()],
    processes: {
      cpuSeconds: 1,
      peakPssBytes: 1,
      samples: [
        sample(0, [{ pid: 1 }, { pid: 100, ppid: 1 }]),
        sample(1_050, [{ pid: 1 }, { pid: 100, ppid: 1 }, { pid: 200, ppid: 1, startTicks: 2_000 }]),
        sample(1_500, [{ pid: 1 }, { pid: 200, ppid: 1, startTicks: 2_000 }]),
        sample(3_000, [{ pid: 1 }, { pid: 200, ppid: 1, startTicks: 2_000 }]),
      ],
    },
    ...parts,
  });
}
