import type { Scenario } from "../../harness/spec/scenario.ts";

const RATE = 100;
const STEADY_REQUESTS = 20;
const RELOADS = 5;

/** The server listens on a unix socket, whose path is connected to every few milliseconds while the application is reloaded. */
export const unixSocket: Scenario = {
  id: "reload/unix-socket",
  title: "Five reloads of a server on a unix socket, whose path is connected to all the time",
  decides: ["availability/unix-socket-stays"],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: [],
  workers: 2,
  variant: "unix-socket",
  sites: "one",
  async drive(stage) {
    const load = stage.openLoop({ name: "fresh-get-front", door: "front", ratePerSecond: RATE, connections: "fresh" });
    const poll = stage.pollConnect({ name: "socket-path", door: "front" });
    await load.further(STEADY_REQUESTS);
    for (let count = 0; count < (stage.phase === "control" ? 1 : RELOADS); count++) {
      const reload = await stage.reload();
      await reload.settled();
    }
    await load.further(STEADY_REQUESTS);
    await poll.stop();
    await load.stop();
  },
};
