import type { Scenario } from "../../harness/spec/scenario.ts";

const RATE = 100;
const STEADY_REQUESTS = 30;

/** The server loads the application in its main process, for all workers; then it is reloaded. */
export const preload: Scenario = {
  id: "reload/preload",
  title: "A reload of a server that loads the application before it starts its workers",
  decides: ["generation/preload-is-honest"],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  variant: "preload",
  sites: "one",
  async drive(stage) {
    const load = stage.openLoop({ name: "fresh-get-front", door: "front", ratePerSecond: RATE, connections: "fresh" });
    await load.further(STEADY_REQUESTS);
    const reload = await stage.reload();
    await reload.settled();
    await load.further(STEADY_REQUESTS);
    await load.stop();
  },
};
