import type { OpenLoopPlan, Scenario, Stage } from "../../harness/spec/scenario.ts";

/** Requests per second over all loads, and how many each phase sends: the control too few for any worker to be replaced. */
const RATE = 600;
const REQUESTS = { trial: 2_400, control: 60 } as const;

const BODY = new TextEncoder().encode("0123456789abcdef".repeat(32));

/** Nobody reloads: the workers are replaced one by one because each has served as many requests as it may. */
export const recycling: Scenario = {
  id: "reload/recycling",
  title: "Workers replaced after some hundred requests each, under load",
  decides: ["availability/recycling-loses-nothing"],
  roles: ["app-server", "stack"],
  actions: [],
  capabilities: ["contract"],
  workers: 2,
  variant: "recycling",
  sites: "one",
  async drive(stage) {
    const plans = loadPlans(stage);
    const loads = plans.map((plan) => stage.openLoop({ ...plan, ratePerSecond: RATE / plans.length }));
    await Promise.all(loads.map((load) => load.further(Math.ceil(REQUESTS[stage.phase] / loads.length))));
    await Promise.all(loads.map((load) => load.stop()));
  },
};

function loadPlans(stage: Stage): readonly Omit<OpenLoopPlan, "ratePerSecond">[] {
  const post = { method: "POST", path: "/digest", body: BODY } as const;
  return stage.doors.flatMap((door) => [
    { name: `fresh-get-${door}`, door, connections: "fresh" },
    { name: `fresh-post-${door}`, door, connections: "fresh", request: post },
    ...(stage.capabilities.includes("keepalive")
      ? ([
          { name: `kept-get-${door}`, door, connections: "kept-alive", sessions: 5 },
          { name: `kept-post-${door}`, door, connections: "kept-alive", sessions: 5, request: post },
        ] as const)
      : []),
  ]);
}
