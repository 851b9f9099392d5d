import type { RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";

const RATE = 40;
const STEADY_REQUESTS = 30;
const RELOADS = 2;

/** One application reloads while the others behind the same proxy are used. */
export const neighbours: Scenario = {
  id: "proxy/neighbours",
  title: "One application reloads beside others",
  decides: ["proxy/neighbours-undisturbed", "proxy/upstream-reload-hidden"],
  roles: ["stack"],
  actions: ["reload"],
  capabilities: ["keepalive"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const loads = startLoads(stage);
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    for (let index = 0; index < RELOADS; index++) await (await stage.reload()).settled();
    await Promise.all(loads.map((load) => load.stop()));
  },
};

function startLoads(stage: Stage): readonly RunningLoad[] {
  const common = { door: "front", ratePerSecond: RATE } as const;
  const own = [
    stage.openLoop({ ...common, name: "own-fresh", connections: "fresh" }),
    stage.openLoop({ ...common, name: "own-kept-alive", connections: "kept-alive", sessions: 4 }),
  ];
  const others = stage.neighbours.flatMap((site) => [
    stage.openLoop({ ...common, name: `fresh-${site}`, site, connections: "fresh" }),
    stage.openLoop({ ...common, name: `kept-alive-${site}`, site, connections: "kept-alive", sessions: 4 }),
  ]);
  return [...own, ...others];
}
