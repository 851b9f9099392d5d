import { expect, test } from "vitest";
import type { LedgerRow } from "../../spec/history.ts";
import { failure } from "./failure.ts";
import { action, history, load, rowOf } from "../testing/history-fixture.ts";

const floor = failure["failure/capacity-floor"];

const SLOW = action({ startedMs: 1_000, bootDelayMs: 800, servedMs: 1_900, settledMs: 2_000 });

/** A request every 10 ms for three seconds, answered in turn by whom `workersAt` says to be there. */
function answered(workersAt: (atMs: number) => readonly number[], facts: Parameters<typeof load>[1] = {}) {
  const rows = Array.from({ length: 300 }, (_, index): Partial<LedgerRow> => {
    const workers = workersAt(index * 10);
    const worker = workers[index % workers.length] ?? 0;
    return worker === 0
      ? { intendedMs: index * 10, outcome: "refused" }
      : { intendedMs: index * 10, worker, generation: worker >= 200 ? 2 : 1 };
  });
  return load(rows, { name: "fresh-front", ...facts });
}

const allAtOnce = (atMs: number) => (atMs < 1_850 ? [100, 101] : [200, 201]);
/** Each old worker leaves before its replacement begins to boot. */
const oneOutOneIn = (atMs: number) => {
  if (atMs < 1_000) return [100, 101];
  if (atMs < 1_850) return [101];
  return atMs < 2_000 ? [101, 200] : [200, 201];
};

test("old workers that answer until the new ones do leave no shortage", () => {
  expect(floor(history({ loads: [answered(allAtOnce)], actions: [SLOW] }))).toMatchObject({
    outcome: "held",
    trials: 1,
  });
});

test("a worker that leaves before its replacement boots is missing for the time of the boot", () => {
  expect(floor(history({ loads: [answered(oneOutOneIn)], actions: [SLOW] }))).toMatchObject({
    outcome: "violated",
    violations: 1,
    observed: expect.stringMatching(/^fewer than 2 workers answered for [89]\d\d ms at most/),
    evidence: [{ kind: "timeline", text: expect.stringContaining("down to 1 workers") }],
  });
});

test("what became of another reload is another matter", () => {
  const actions = [SLOW, action({ index: 2, startedMs: 2_500, generation: 3, error: "no such process" })];
  expect(floor(history({ loads: [answered(oneOutOneIn)], actions }))).toMatchObject({ outcome: "violated" });
  expect(floor(history({ loads: [answered(allAtOnce)], actions }))).toMatchObject({ outcome: "held" });
});

test("a silence of less than half of the boot is left to chance, one of the generator leaves it undecided", () => {
  const shy = (atMs: number) => (atMs >= 1_500 && atMs < 1_850 ? [100] : allAtOnce(atMs));
  expect(floor(history({ loads: [answered(shy)], actions: [SLOW] }))).toMatchObject({ outcome: "held" });
  // What the load knows of its own lateness: that it came, and not when.
  const lateness = { count: 300, p50: 0, p90: 0, p99: 0, p999: 0, max: 900 };
  const paused = (fromMs: number, toMs: number) =>
    floor(history({ loads: [answered(oneOutOneIn, { lateness })], actions: [SLOW], pauses: [{ fromMs, toMs }] }));
  expect(paused(1_100, 1_800)).toMatchObject({
    outcome: "inconclusive",
    reason: expect.stringContaining("the suite itself paused for 700 ms"),
  });
  expect(paused(100, 1_000).outcome).toBe("violated");
  expect(paused(2_050, 2_950).outcome).toBe("violated");
});

test("behind a proxy only the workers' own door counts", () => {
  const loads = [answered(allAtOnce), answered(oneOutOneIn, { name: "fresh-direct", door: "direct" })];
  expect(floor(history({ loads, actions: [SLOW] }))).toMatchObject({ outcome: "violated" });
});

test("a worker of one request at a time is not missed for the one that the suite holds there", () => {
  const occupied = (atMs: number) => (atMs >= 900 && atMs < 1_850 ? [101] : allAtOnce(atMs));
  const held = [
    {
      row: rowOf({ worker: 100, outcome: "ok", doneMs: 1_900 }),
      door: "front",
      enteredMs: 900,
      releasedMs: 1_895,
      action: 1,
    },
  ] as const;
  const parts = { loads: [answered(occupied)], actions: [SLOW], held };
  expect(floor(history({ ...parts, target: { workers: 2, concurrency: 2 } }))).toMatchObject({ outcome: "held" });
  // Another could take requests beside the one that is held.
  expect(floor(history({ ...parts, target: { workers: 2, concurrency: 16 } }))).toMatchObject({ outcome: "violated" });
  expect(floor(history({ ...parts, target: { workers: 2 } }))).toMatchObject({ outcome: "violated" });
});

test("without a slow boot, or where not all workers were met, nothing is decided", () => {
  expect(floor(history({ loads: [answered(allAtOnce)], actions: [action()] }))).toMatchObject({
    outcome: "inconclusive",
  });
  const lonely = answered((atMs) => (atMs < 1_850 ? [100] : [200, 201]));
  expect(floor(history({ loads: [lonely], actions: [SLOW] }))).toMatchObject({ outcome: "inconclusive" });
  expect(floor(history({ loads: [], actions: [SLOW] }))).toMatchObject({ outcome: "inconclusive" });
});
