import type { Scenario } from "../../harness/spec/scenario.ts";

const REQUESTS = 10_000;
const CONTROL_REQUESTS = 1_000;

/** The seed's own experiment, `ab -c 10 -n 10000` with a reload midway, through the front; a thorough run takes every door. */
export const abTenThousand: Scenario = {
  id: "reload/ab-ten-thousand",
  title: "10,000 requests, ten at a time, reloaded midway",
  decides: ["availability/ab-ten-thousand", "logging/ids-reconcile"],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: [],
  workers: 2,
  async drive(stage) {
    const requests = stage.phase === "trial" ? REQUESTS : CONTROL_REQUESTS;
    for (const door of stage.thorough ? stage.doors : (["front"] as const)) {
      const load = stage.closedLoop({ name: `ab-${door}`, door, requests, concurrency: 10, connections: "fresh" });
      await load.reached(requests / 2);
      const reload = await stage.reload();
      await load.finished;
      await reload.settled();
    }
    if (stage.capabilities.includes("contract")) await stage.readLogs("after-reload");
  },
};
