import type { Scenario } from "../../harness/spec/scenario.ts";

const RATE = 150;
const STEADY_REQUESTS = 20;
const RELOADS = 3;

/** The pid file is watched through reloads; then the server is stopped and started over one that names a stranger. */
export const pidFile: Scenario = {
  id: "control/pid-file",
  title: "The pid file through three reloads, and a start over a stale one",
  decides: ["control/pidfile-always-valid"],
  roles: ["app-server", "supervisor", "stack", "proxy"],
  actions: ["reload"],
  capabilities: ["pidfile"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const load = stage.openLoop({ name: "beside", door: "front", ratePerSecond: RATE, connections: "fresh" });
    await load.further(STEADY_REQUESTS);
    const watch = stage.watchPidFile("pid-file");
    try {
      for (let each = 0; each < RELOADS; each++) await (await stage.reload()).settled();
      await load.further(STEADY_REQUESTS);
    } finally {
      watch.stop();
    }
    await load.stop();
    if (stage.phase === "control") return;
    await (await stage.stop()).exited();
    await stage.startAnew("over-stale-pid-file");
  },
};
