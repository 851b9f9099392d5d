import type { HeldRequest, History, LedgerRow, ProcessSample } from "../../spec/history.ts";
import { exchangeSeen } from "./conversation-fixture.ts";
import { action, history, type HistoryParts, rowOf, sample } from "./history-fixture.ts";

/** A reload at 1,000 ms that serves at 1,200 ms, with a drain of 2,000 ms: over at 3,000 ms at the earliest, at 5,200 ms at the latest. */
export function drained({ observations = [], ...parts }: HistoryParts = {}): History {
  return history({
    target: { drainMs: 2_000 },
    actions: [action()],
    observations: [
      exchangeSeen({ id: "old", intendedMs: 500, worker: 100, generation: 1 }),
      exchangeSeen({ id: "new", intendedMs: 1_250, worker: 200, generation: 2 }),
      ...observations,
    ],
    processes: { cpuSeconds: 1, peakPssBytes: 1, samples: oldGoneAt(3_300) },
    ...parts,
  });
}

/** Pid 100 serves the old generation until then; the last look is at 6,000 ms. */
export function oldGoneAt(atMs: number): readonly ProcessSample[] {
  const master = { pid: 1 };
  const fresh = { pid: 200, ppid: 1, startTicks: 2_000 };
  const looks = [sample(0, [master, { pid: 100 }]), sample(1_100, [master, { pid: 100 }, fresh])];
  if (atMs <= 6_000) looks.push(sample(atMs, [master, fresh]), sample(6_000, [master, fresh]));
  else looks.push(sample(6_000, [master, { pid: 100 }, fresh]));
  return looks;
}

/** In the application's hands at 910 ms; `stuck` ones are let go on at 5,000 ms only. */
export function heldAcross(row: Partial<LedgerRow>, facts: Partial<HeldRequest> = {}): HeldRequest {
  return {
    row: rowOf({ id: "held", intendedMs: 900, ...row }),
    door: "front",
    enteredMs: 910,
    releasedMs: 5_000,
    action: 1,
    ...facts,
  };
}
