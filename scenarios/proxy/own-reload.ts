import type { Scenario } from "../../harness/spec/scenario.ts";

const RATE = 150;
const STEADY_REQUESTS = 60;
const RELOADS = 3;

/** The proxy takes up new configurations, each with another upstream, under load on fresh and on kept-alive connections. */
export const ownReload: Scenario = {
  id: "proxy/own-reload",
  title: "The proxy itself is reloaded under load",
  decides: [
    "proxy/own-reload",
    "availability/reload-loses-nothing",
    "connections/close-announced",
    "connections/in-flight-completes",
  ],
  roles: ["proxy"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 1,
  sites: "one",
  async drive(stage) {
    const common = { door: "front", ratePerSecond: RATE } as const;
    const loads = [stage.openLoop({ ...common, name: "fresh", connections: "fresh" })];
    if (stage.capabilities.includes("keepalive")) {
      loads.push(stage.openLoop({ ...common, name: "kept-alive", connections: "kept-alive", sessions: 10 }));
    }
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    for (let index = 0; index < RELOADS; index++) {
      const held = await stage.hold({ door: "front" });
      const reload = await stage.reload();
      await held.release();
      await reload.settled();
    }
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    await Promise.all(loads.map((load) => load.stop()));
  },
};
