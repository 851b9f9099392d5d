import type { BurstPlan, RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";
import { LIMITS } from "../../harness/spec/limits.ts";
import { briefly } from "../briefly.ts";

const KIB = 1024;

/** More than any pipe holds, and more than most servers care to keep in memory. */
const FROZEN_REQUESTS = 24;
const FROZEN_KIND = { records: 256, bytes: 4 * KIB };
const CONTROL_REQUESTS = 4;
const CONTROL_KIND = { records: 16, bytes: 500 };
const LOST_REQUESTS = 8;
/** Ordinary requests that each load is to have answered in each state of the sink. */
const ORDINARY_REQUESTS = 20;
const ENDLESS = 100_000;

/**
 * All workers write more than anybody can keep, first with the reader of the log at work, then while it is held up; it lets go, then
 * is killed under load, and replaced.
 */
export const logSink: Scenario = {
  id: "logging/sink",
  title: "The reader of the log stands still under 24 MiB of records, then is lost and replaced",
  decides: ["logging/stalled-sink", "logging/lost-reader"],
  roles: ["app-server", "stack", "supervisor"],
  actions: [],
  capabilities: ["contract", "log-relay"],
  workers: 2,
  sites: "one",
  sink: "pipe",
  async drive(stage) {
    await stage.servingWorkers();
    await standStill(stage);
    if (stage.capabilities.includes("log-pipe")) await loseReader(stage);
  },
};

async function standStill(stage: Stage): Promise<void> {
  const [count, kind] = stage.phase === "trial" ? [FROZEN_REQUESTS, FROZEN_KIND] : [CONTROL_REQUESTS, CONTROL_KIND];
  // What is slow with the reader at work already is not slow for want of him.
  const before = ordinary(stage, "unfrozen");
  await stage.burst(plan(stage, "unfrozen", count, kind));
  await answered(before);
  await stop(before);
  await stage.sink("freeze");
  const loads = ordinary(stage, "frozen");
  const burst = stage.burst(plan(stage, "frozen", count, kind));
  // Ordinary requests have to be answered after the burst too, when there is no room left anywhere.
  const all = burst.then(() => answered(loads));
  await briefly(stage, all, LIMITS.frozenMs);
  await stage.sink("resume");
  await all;
  // What was dropped is told of once the sink takes something again.
  await answered(loads);
  await stop(loads);
  await stage.readLogs("resumed");
}

async function loseReader(stage: Stage): Promise<void> {
  const loads = ordinary(stage, "lost");
  await answered(loads);
  await stage.sink("lose");
  await stage.burst(plan(stage, "lost", LOST_REQUESTS, CONTROL_KIND));
  await briefly(stage, answered(loads), LIMITS.frozenMs);
  await stop(loads);
  await stage.watchCpu("reader-lost");
  await stage.sink("restore");
  // The first line of each writer may run into one that the lost reader had taken in part.
  const first = ordinary(stage, "first");
  await briefly(stage, answered(first), LIMITS.frozenMs);
  await stop(first);
  const after = ordinary(stage, "restored");
  await stage.burst(plan(stage, "restored", LOST_REQUESTS, CONTROL_KIND));
  await briefly(stage, answered(after), LIMITS.frozenMs);
  await stop(after);
  await stage.readLogs("restored");
}

function plan(
  { doors }: Stage,
  name: string,
  count: number,
  kind: { readonly records: number; readonly bytes: number },
): BurstPlan {
  return { name, doors, concurrency: 8, requests: Array.from({ length: count }, () => kind) };
}

/** One request at a time through every door; a closed loop, for there is no schedule to keep while all workers write. */
function ordinary(stage: Stage, name: string): readonly RunningLoad[] {
  return stage.doors.map((door) =>
    stage.closedLoop({ name: `${name}-${door}`, door, requests: ENDLESS, concurrency: 1, connections: "fresh" }),
  );
}

async function answered(loads: readonly RunningLoad[]): Promise<void> {
  await Promise.all(loads.map((load) => load.further(ORDINARY_REQUESTS)));
}

async function stop(loads: readonly RunningLoad[]): Promise<void> {
  await Promise.all(loads.map((load) => load.stop()));
}
