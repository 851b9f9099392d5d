import type { Door } from "../../harness/spec/history.ts";
import { LIMITS } from "../../harness/spec/limits.ts";
import type { OpenLoopPlan, RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";

/**
 * Requests per second of all loads on fresh, and of all on kept-alive connections: inside thirty reloads that is so much
 * that a loss of one in a thousand shows.
 */
const FRESH_RATE = 380;
const KEPT_RATE = 120;
/** How many requests of each load precede the first reload and follow the last. */
const STEADY_REQUESTS = 30;

const RELOADS = { ordinary: 30, thorough: 120 } as const;
/** Time inside the reloads that gives the rates above enough requests: a target that is quicker gets more reloads. */
const INSIDE_MS = 12_500;
/** A target whose reloads take longer gets fewer of them, and as much time again if that makes them a loop. */
const MOST_MS = { ordinary: 25_000, thorough: 150_000 } as const;

const BODY = new TextEncoder().encode("0123456789abcdef".repeat(32));

/**
 * The application is reloaded again as soon as the reload before has settled, while GETs and POSTs come in at a fixed
 * rate on fresh and on kept-alive connections. After each reload the main process is weighed.
 */
export const reloadLoop: Scenario = {
  id: "reload/loop",
  title: "Dozens of reloads back to back, GET and POST on fresh and kept-alive connections",
  decides: [
    "availability/reload-loop-loses-nothing",
    "generation/mixed-window",
    "resources/descriptors-flat",
    "resources/memory-flat",
  ],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  // A service that runs already is not deployed dozens of times.
  capabilities: ["processes"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const loads = startLoads(stage);
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    const extent = stage.thorough ? "thorough" : "ordinary";
    const beganMs = stage.now();
    let insideMs = 0;
    for (let count = 1; count <= RELOADS[extent] || insideMs < INSIDE_MS; count++) {
      const askedMs = stage.now();
      const reload = await stage.reload();
      await reload.settled();
      insideMs += stage.now() - askedMs;
      await stage.weigh({ name: "after-reload", pid: await stage.mainPid() });
      if (stage.phase === "control" || isOver(count, stage.now() - beganMs, MOST_MS[extent])) break;
    }
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    await Promise.all(loads.map((load) => load.stop()));
  },
};

function isOver(count: number, elapsedMs: number, mostMs: number): boolean {
  const couldBeLoop = count < LIMITS.loopReloads && (elapsedMs / count) * LIMITS.loopReloads < 2 * mostMs;
  return elapsedMs >= (couldBeLoop ? 2 * mostMs : mostMs);
}

function startLoads(stage: Stage): readonly RunningLoad[] {
  const requests: readonly Pick<OpenLoopPlan, "name" | "request">[] = [
    { name: "get" },
    // A service that is seen from outside tells of no way to take a body.
    ...(stage.capabilities.includes("contract")
      ? [{ name: "post", request: { method: "POST", path: "/digest", body: BODY } } as const]
      : []),
  ];
  // Straight at the application server where that can be reached: what a proxy keeps idle for itself holds the old workers, and
  // a loop that waits for them would see a few reloads only.
  const door: Door = stage.doors.includes("direct") ? "direct" : "front";
  return requests.flatMap(({ name, request }) => {
    const plan = { door, ...(request && { request }) };
    const fresh = stage.openLoop({
      ...plan,
      name: `fresh-${name}-${door}`,
      ratePerSecond: FRESH_RATE / requests.length,
      connections: "fresh",
    });
    if (!stage.capabilities.includes("keepalive")) return [fresh];
    const kept = stage.openLoop({
      ...plan,
      name: `kept-${name}-${door}`,
      ratePerSecond: KEPT_RATE / requests.length,
      connections: "kept-alive",
      sessions: 5,
    });
    return [fresh, kept];
  });
}
