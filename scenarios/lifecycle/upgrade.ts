import type { ActionRecord, Door } from "../../harness/spec/history.ts";
import { LIMITS } from "../../harness/spec/limits.ts";
import type { RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";
import { episode, running, untilRunning } from "./episode.ts";

const RATE = 100;
const STEADY = 30;
/** A successor that can't load its release has to show up in that time, if it does at all. */
const SUCCESSOR_MS = 1_000;

/**
 * The main process is to be replaced under load, with a request held each time: first by a successor whose release fails to
 * load, then by one that works.
 */
export const lifecycleUpgrade: Scenario = {
  id: "lifecycle/upgrade",
  title: "The main process replaced, after one try with a release that fails",
  decides: ["lifecycle/upgrade-in-place"],
  roles: ["app-server", "stack"],
  actions: ["upgrade"],
  capabilities: ["contract"],
  workers: 1,
  sites: "one",
  async drive(stage) {
    const door = stage.doors.includes("direct") ? "direct" : "front";
    await stage.servingWorkers();
    const load = stage.openLoop({ name: "fresh", door, ratePerSecond: RATE, connections: "fresh" });
    await load.further(STEADY);
    if (stage.phase === "trial") {
      await stage.lookAtProcesses("before-upgrade");
      const base = running(stage);
      await episode(stage, "rollback", () => rollBack(stage, load, door, base));
      await episode(stage, "upgrade", () => upgrade(stage, load, door, base));
    } else await (await stage.hold({ door })).release();
    await load.stop();
  },
};

async function rollBack(stage: Stage, load: RunningLoad, door: Door, base: number): Promise<void> {
  const held = await stage.hold({ door });
  await stage.reload({ release: "fail", by: () => askedBy(stage) });
  await untilRunning(stage, (count) => count > base, SUCCESSOR_MS);
  await untilRunning(stage, (count) => count <= base, stage.facts.settleMs);
  await held.release();
  await load.further(STEADY);
  await stage.lookAtProcesses("after-rollback");
}

async function upgrade(stage: Stage, load: RunningLoad, door: Door, base: number): Promise<void> {
  const held = await stage.hold({ door });
  const reload = await stage.reload({ by: () => askedBy(stage) });
  await held.release();
  await reload.settled();
  // A main process that has answered nothing itself may take a moment longer.
  await untilRunning(stage, (count) => count <= base, LIMITS.leftOverGraceMs);
  await load.further(STEADY);
  await stage.lookAtProcesses("after-upgrade");
}

async function askedBy(stage: Stage): Promise<Pick<ActionRecord, "error" | "refused">> {
  const { error, refused } = (await stage.act("upgrade")) ?? {};
  return { ...(error !== undefined && { error }), ...(refused && { refused }) };
}
