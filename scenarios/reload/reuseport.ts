import type { Scenario, Stage } from "../../harness/spec/scenario.ts";
import { reloadWithQueue } from "./stopped-workers.ts";

const RATE = 300;
const STEADY_REQUESTS = 40;
/** Under load, after the one with a full listen queue. */
const RELOADS = 4;

const BODY = new TextEncoder().encode("0123456789abcdef".repeat(32));

/** With a listen queue per worker, what waits in one of them must outlive its worker. */
export const reuseport: Scenario = {
  id: "reload/reuseport",
  title: "Five reloads with one SO_REUSEPORT listener per worker, the first with full listen queues",
  decides: ["availability/reuseport-loses-nothing"],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  variant: "reuseport",
  sites: "one",
  async drive(stage) {
    const loads = startLoads(stage);
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    await reloadWithQueue(stage);
    for (let count = 0; count < (stage.phase === "control" ? 0 : RELOADS); count++) {
      const reload = await stage.reload();
      await reload.settled();
    }
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    await Promise.all(loads.map((load) => load.stop()));
  },
};

function startLoads(stage: Stage) {
  const door = "front";
  const ratePerSecond = RATE / 2;
  return [
    stage.openLoop({ name: `fresh-get-${door}`, door, ratePerSecond, connections: "fresh" }),
    stage.openLoop({
      name: `fresh-post-${door}`,
      door,
      ratePerSecond,
      connections: "fresh",
      request: { method: "POST", path: "/digest", body: BODY },
    }),
  ];
}
