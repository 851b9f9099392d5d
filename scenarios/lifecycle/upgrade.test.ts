import { expect, test } from "vitest";
import type { Stage } from "../../harness/spec/scenario.ts";
import { lifecycleUpgrade } from "./upgrade.ts";

/** A successor serves at once; the old main process goes `leavesAfterMs` later. Resolves to how many processes each look shows. */
async function looksOf(leavesAfterMs: number): Promise<Readonly<Record<string, number>>> {
  let nowMs = 0;
  let goneMs = Number.POSITIVE_INFINITY;
  const looks: Record<string, number> = {};
  const running = () => (goneMs === Number.POSITIVE_INFINITY || nowMs >= goneMs ? 1 : 2);
  const stage = {
    phase: "trial",
    doors: ["front"],
    facts: { settleMs: 5_000 },
    now: () => nowMs,
    servingWorkers: async () => [100],
    openLoop: () => ({ further: async () => {}, stop: async () => {} }),
    hold: async () => ({ release: async () => {} }),
    act: async () => undefined,
    reload: async ({ release }: { readonly release?: "fail" }) => {
      if (release !== "fail") goneMs = nowMs + leavesAfterMs;
      return { settled: async () => {} };
    },
    processes: () => Array.from({ length: running() }, (_, pid) => ({ pid, state: "S" })),
    async until(isSo: () => boolean, withinMs: number) {
      for (const endMs = nowMs + withinMs; nowMs <= endMs; nowMs += 50) if (isSo()) return true;
      return false;
    },
    lookAtProcesses: async (name: string) => void (looks[name] = running()),
    observe: () => {},
  } as unknown as Stage;
  await lifecycleUpgrade.drive(stage);
  return looks;
}

test("an old main process that looks at its clock once a second is not left over", async () => {
  expect(await looksOf(1_800)).toMatchObject({ "after-upgrade": 1 });
  expect(await looksOf(2_500)).toMatchObject({ "after-upgrade": 2 });
});
