import type { Scenario } from "../../harness/spec/scenario.ts";

const RATE = 200;
const STEADY_REQUESTS = 40;
const RELOADS = [{}, { bootDelayMs: 800 }, {}] as const;

/** A pool of one worker has nobody to stand in for it: its replacement must be ready before it goes. */
export const singleWorker: Scenario = {
  id: "reload/single-worker",
  title: "Three reloads of a pool of one worker under load",
  decides: ["availability/single-worker-no-gap"],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 1,
  exactWorkers: true,
  sites: "one",
  async drive(stage) {
    const loads = stage.doors.map((door) =>
      stage.openLoop({
        name: `fresh-get-${door}`,
        door,
        ratePerSecond: RATE / stage.doors.length,
        connections: "fresh",
      }),
    );
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    for (const plan of RELOADS) {
      const reload = await stage.reload(plan);
      await reload.settled();
    }
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    await Promise.all(loads.map((load) => load.stop()));
  },
};
