import type { BurstPlan, Scenario } from "../../harness/spec/scenario.ts";
import { nudgeUntil } from "./nudge.ts";

const REQUESTS = 40;
const CONTROL_REQUESTS = 4;
const RECORDS = 100;
const RECORD_BYTES = 400;

/**
 * In the middle of a burst the live file is renamed and the target told to reopen, as a rotator from outside does it. Once it
 * had the time to, another burst shows where each writer writes.
 */
export const rotationMovedAway: Scenario = {
  id: "rotation/moved-away",
  title: "The live file renamed by somebody else in mid-burst, then the reopen action",
  decides: ["rotation/all-writers-follow"],
  roles: ["stack", "supervisor", "app-server"],
  actions: ["reopen"],
  capabilities: ["contract", "log-files"],
  workers: 4,
  sites: "one",
  async drive(stage) {
    const { logHands } = stage;
    const count = stage.phase === "trial" ? REQUESTS : CONTROL_REQUESTS;
    const burst = (name: string): BurstPlan => ({
      name,
      doors: stage.doors,
      concurrency: 8,
      requests: Array.from({ length: count }, () => ({ records: RECORDS, bytes: RECORD_BYTES })),
    });
    await stage.servingWorkers();
    await logHands.lookAtWriters("before");
    const moveAndReopen = async (): Promise<void> => {
      await logHands.moveAway("moved");
      await stage.act("reopen");
    };
    await stage.burst({ ...burst("moved"), midway: { at: 0.3, act: moveAndReopen } });
    await nudgeUntil(stage, "followed", () => logHands.isBack());
    await stage.readLogs("moved");
    await logHands.lookAtFiles("reopened");
    await stage.burst(burst("followed"));
    await stage.readLogs("followed");
    await logHands.lookAtFiles("end");
    await logHands.lookAtWriters("end");
  },
};
