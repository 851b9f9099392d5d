import type { RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";

/** Requests per second of each load, and how many of them are sent in peace before the first reload and after the last. */
const RATE = 80;
/** The same of POSTs, where the application takes them. */
const POST_RATE = 50;
const POSTED = new TextEncoder().encode("0123456789abcdef".repeat(32));
const STEADY_REQUESTS = 40;

/** Which of the reloads brings a release that takes its time to boot. */
const RELOADS = [{}, {}, { bootDelayMs: 800 }, {}, {}] as const;

/**
 * Requests at a fixed rate on fresh and on kept-alive connections through every door while the application is reloaded
 * five times, each time with a request per door that is held in flight until the new code serves.
 */
export const reloadUnderLoad: Scenario = {
  id: "reload/under-load",
  title: "Five reloads under load, with requests held across each",
  decides: [
    "availability/reload-loses-nothing",
    "availability/old-serves-until-new-ready",
    "availability/stall-bounded",
    "failure/capacity-floor",
    "generation/new-code-serves",
    "generation/every-worker-replaced",
    "connections/in-flight-completes",
    "connections/close-announced",
    "resources/no-zombies",
    "logging/ids-reconcile",
    "proxy/upstream-reload-hidden",
  ],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: [],
  workers: 2,
  async drive(stage) {
    // A service that is seen from outside has no gates, and no log that could be joined.
    const seesInside = stage.capabilities.includes("contract");
    const loads = startLoads(stage);
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    for (const plan of RELOADS) {
      const held = await Promise.all(seesInside ? stage.doors.map((door) => stage.hold({ door })) : []);
      const reload = await stage.reload(plan);
      await Promise.all(held.map((request) => request.release()));
      await reload.settled();
    }
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    await Promise.all(loads.map((load) => load.stop()));
    if (seesInside) await stage.readLogs("after-reloads");
  },
};

function startLoads(stage: Stage): readonly RunningLoad[] {
  const post = { method: "POST", path: "/digest", body: POSTED } as const;
  return stage.doors.flatMap((door) => {
    const fresh = { name: `fresh-${door}`, door, ratePerSecond: RATE, connections: "fresh" } as const;
    const kept = {
      name: `kept-alive-${door}`,
      door,
      ratePerSecond: RATE,
      connections: "kept-alive",
      sessions: 10,
    } as const;
    const gets = stage.capabilities.includes("keepalive") ? [fresh, kept] : [fresh];
    const posts = gets.map((get) => ({
      ...get,
      name: get.name.replace(door, `post-${door}`),
      ratePerSecond: POST_RATE,
      request: post,
    }));
    return [...gets, ...(stage.capabilities.includes("contract") ? posts : [])].map((plan) => stage.openLoop(plan));
  });
}
