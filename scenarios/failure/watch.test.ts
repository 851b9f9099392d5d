import { expect, test } from "vitest";
import type { Observation } from "../../harness/spec/observation.ts";
import type { Stage } from "../../harness/spec/scenario.ts";
import { awaitPool } from "./watch.ts";

/** A target of two workers, one of which is there after `secondMs` only. */
async function missesOf(secondMs: number, settleMs: number): Promise<readonly string[]> {
  let nowMs = 0;
  const observations: Observation[] = [];
  const stage = {
    workers: 2,
    facts: { settleMs },
    now: () => nowMs,
    servingWorkers: async () => (nowMs >= secondMs ? [1, 2] : [1]),
    async until(isSo: () => Promise<boolean>, withinMs: number) {
      for (; nowMs <= withinMs; nowMs += 100) if (await isSo()) return true;
      return false;
    },
    observe: (observation: Observation) => void observations.push(observation),
  } as unknown as Stage;
  await awaitPool(stage, "pool", 5_000);
  return observations.flatMap((one) => (one.kind === "poll" ? one.misses.map(({ text }) => text) : []));
}

test("a worker has the time that a reload may take to come back, if that is longer", async () => {
  expect(await missesOf(4_000, 1_000)).toEqual([]);
  expect(await missesOf(7_000, 1_000)).toEqual(["1 of 2 workers answer: 1"]);
  expect(await missesOf(7_000, 10_000)).toEqual([]);
});
