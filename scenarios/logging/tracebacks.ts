import { LIMITS } from "../../harness/spec/limits.ts";
import type { Scenario, Stage } from "../../harness/spec/scenario.ts";
import { briefly } from "../briefly.ts";

const RELOADS = 2;
/** Requests for records that have to be answered before a release fails, and after it. */
const WRITTEN = 20;
const ENDLESS = 100_000;

/** All replacements fail to load at the same time and say so in many lines, while the workers that stay write records without a pause. */
export const tracebacks: Scenario = {
  id: "logging/tracebacks",
  title: "Two releases whose workers all fail with a traceback, while records are written",
  decides: ["logging/multiline-contiguous"],
  roles: ["app-server", "stack", "supervisor"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const loads = stage.doors.map((door) =>
      stage.closedLoop({
        name: `records-${door}`,
        door,
        requests: ENDLESS,
        concurrency: 1,
        connections: "fresh",
        request: { path: "/log?records=20&bytes=300" },
      }),
    );
    await Promise.all(loads.map((load) => load.further(WRITTEN)));
    for (let reload = 0; reload < RELOADS; reload++) {
      const before = pids(stage);
      await stage.reload({ release: "fail" });
      if (stage.phase === "trial") await someoneCameAndWent(stage, before);
      const written = Promise.all(loads.map((load) => load.further(WRITTEN)));
      await briefly(stage, written, LIMITS.tracebackMs);
    }
    await Promise.all(loads.map((load) => load.stop()));
    await stage.readLogs("tracebacks");
  },
};

/** Replacements that fail are processes that end; how many, and whether they are tried again, is the target's own affair. */
async function someoneCameAndWent(stage: Stage, before: ReadonlySet<number>): Promise<void> {
  const came = new Set<number>();
  await stage.until(() => {
    const alive = pids(stage);
    for (const pid of alive) if (!before.has(pid)) came.add(pid);
    // Nobody left: the target died of the release before.
    if (alive.size === 0) return true;
    return came.size > 0 && [...came].every((pid) => !alive.has(pid));
  }, LIMITS.tracebackMs);
}

function pids(stage: Stage): Set<number> {
  return new Set(stage.processes().flatMap(({ pid, state }) => (state === "Z" ? [] : [pid])));
}
