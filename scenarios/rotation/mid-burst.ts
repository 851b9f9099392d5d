import type { BurstPlan, Scenario } from "../../harness/spec/scenario.ts";

const RECORDS_PER_REQUEST = 500;
const REQUESTS = 400;
const CONTROL_REQUESTS = 4;
const RECORD_BYTES = 250;

/**
 * Two bursts of 200,000 records from all workers while the files rotate by size, the second with a reload in the
 * middle. Each burst is read back before the count limit could take it away.
 */
export const rotationMidBurst: Scenario = {
  id: "rotation/mid-burst",
  title: "200,000 records while the files rotate, once more with a reload in the middle",
  decides: [
    "rotation/mid-burst-loses-nothing",
    "rotation/record-boundaries",
    "rotation/size-and-count",
    "rotation/compression-safe",
    "rotation/during-reload",
  ],
  roles: ["stack", "supervisor"],
  actions: ["reload"],
  capabilities: ["contract", "rotation"],
  workers: 2,
  async drive(stage) {
    const count = stage.phase === "trial" ? REQUESTS : CONTROL_REQUESTS;
    const burst = (name: string): BurstPlan => ({
      name,
      doors: stage.doors,
      concurrency: 8,
      requests: Array.from({ length: count }, () => ({ records: RECORDS_PER_REQUEST, bytes: RECORD_BYTES })),
    });
    await stage.burst(burst("plain"));
    await stage.readLogs("plain");
    await stage.burst({ ...burst("reload"), midway: { at: 0.4, act: async () => (await stage.reload()).settled() } });
    await stage.readLogs("reload");
  },
};
