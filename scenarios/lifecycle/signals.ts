import type { Door } from "../../harness/spec/history.ts";
import type { RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";
import { episode, running, untilCalm, untilMoment, untilRunning } from "./episode.ts";

/** Requests per second on connections of their own. */
const RATE = 100;
/** Beside them some that take their time, so that each worker has one in hand: as many as it can take, and no rate. */
const BUSY_MS = 60;
const BUSY_PER_WORKER = 6;
const BUSY_REQUESTS = 5_000;
/** Answers that an episode goes on for when what it does is done, to see what comes of it. */
const AFTERMATH = 30;
const STORM = 20;
const STORM_MS = 200;
/** Milliseconds from one signal to the next: while the first is taken up, while workers are spawned, while they boot. */
const OFFSETS_MS = [0, 30, 80, 150];
const THOROUGH_OFFSETS_MS = [0, 5, 10, 20, 30, 40, 50, 70, 90, 110, 130, 150, 200, 300];
const RESIZES = 2;

/**
 * Every signal that a server which serves may be sent, under load: reopen the logs, one worker more and fewer, a reload for
 * the whole process group, reloads so soon one after the other that the second falls into the first, and twenty at once.
 */
export const lifecycleSignals: Scenario = {
  id: "lifecycle/signals",
  title: "Reopen, more and fewer workers, a signal to the group, signals during a reload, a storm of twenty",
  decides: [
    "lifecycle/no-signal-lost",
    "lifecycle/storm-coalesces",
    "lifecycle/reopen-restarts-nothing",
    "lifecycle/group-signal-safe",
    "lifecycle/worker-count-signals",
  ],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    await stage.servingWorkers();
    const { fresh, busy } = startLoads(stage);
    await fresh.further(AFTERMATH);
    if (stage.phase === "trial") {
      await untilCalm(stage);
      await stage.lookAtProcesses("base");
      await reopen(stage, fresh);
      await resize(stage, fresh);
      await signalGroup(stage, fresh);
      await sweep(stage);
      await storm(stage, fresh);
    }
    await Promise.all([fresh.stop(), busy.stop()]);
  },
};

/** At the innermost door: a proxy's pooled connections would keep old workers for as long as they are idle. */
function innermost({ doors }: Stage): Door {
  return doors.includes("direct") ? "direct" : "front";
}

interface Loads {
  readonly fresh: RunningLoad;
  readonly busy: RunningLoad;
}

function startLoads(stage: Stage): Loads {
  const load = { door: innermost(stage), connections: "fresh" } as const;
  // A worker that keeps no connection alive answers one request at a time.
  const perWorker = stage.capabilities.includes("keepalive") ? BUSY_PER_WORKER : 1;
  return {
    fresh: stage.openLoop({ ...load, name: "fresh", ratePerSecond: RATE }),
    busy: stage.closedLoop({
      ...load,
      name: "busy",
      requests: BUSY_REQUESTS,
      concurrency: perWorker * stage.workers,
      // A gate that nobody opens: the time is what ends it.
      request: { path: `/hold?gate=busy&ms=${BUSY_MS}` },
    }),
  };
}

async function reopen(stage: Stage, fresh: RunningLoad): Promise<void> {
  if (!stage.facts.actions.includes("reopen")) return;
  const base = running(stage);
  await stage.lookAtProcesses("before-reopen");
  await episode(stage, "reopen", async () => {
    const held = await stage.hold({ door: innermost(stage) });
    await stage.act("reopen");
    await fresh.further(AFTERMATH);
    await held.release();
    // Should it have been a restart, then that is not to run into what comes next.
    await untilRunning(stage, (count) => count <= base, stage.facts.settleMs);
    await stage.lookAtProcesses("after-reopen");
  });
}

async function resize(stage: Stage, fresh: RunningLoad): Promise<void> {
  const { actions } = stage.facts;
  if (!actions.includes("addWorker") || !actions.includes("removeWorker")) return;
  for (let round = 0; round < RESIZES; round++) {
    // A number that did not grow will not grow the next time.
    if (!(await oneMoreAndOneFewer(stage, fresh))) return;
  }
}

async function oneMoreAndOneFewer(stage: Stage, fresh: RunningLoad): Promise<boolean> {
  const { settleMs } = stage.facts;
  const base = running(stage);
  let hasGrown = false;
  await stage.lookAtProcesses("before-add");
  await episode(stage, "resize", async () => {
    await stage.act("addWorker");
    hasGrown = await untilRunning(stage, (count) => count > base, settleMs);
    await fresh.further(AFTERMATH);
    await stage.lookAtProcesses("after-add");
    await stage.act("removeWorker");
    await untilRunning(stage, (count) => count <= base, settleMs);
    await fresh.further(AFTERMATH / 3);
    await stage.lookAtProcesses("after-remove");
  });
  return hasGrown;
}

/** Once in peace, with requests in flight; and once more while the workers of a reload are being started. */
async function signalGroup(stage: Stage, fresh: RunningLoad): Promise<void> {
  const { reloadSignal } = stage.facts;
  if (reloadSignal === undefined) return;
  let reached = true;
  const by = async (): Promise<{ readonly error?: string }> => {
    reached = stage.kill({ name: "group", pid: -(await stage.mainPid()), signal: reloadSignal as NodeJS.Signals });
    return reached ? {} : { error: "the main process has no process group of its own" };
  };
  await episode(stage, "group", async () => {
    const held = await stage.hold({ door: innermost(stage) });
    const reload = await stage.reload({ by, awaits: "nothing" });
    if (reached) await reload.served();
    await held.release();
    if (reached) await reload.settled();
  });
  if (!reached) return;
  await episode(stage, "group", async () => {
    await stage.reload({ awaits: "nothing" });
    const before = running(stage);
    await stage.until(() => running(stage) > before, stage.facts.settleMs);
    const reload = await stage.reload({ by, awaits: "nothing" });
    await reload.served();
    await reload.settled();
    await fresh.further(AFTERMATH / 3);
  });
}

async function sweep(stage: Stage): Promise<void> {
  for (const offsetMs of stage.thorough ? THOROUGH_OFFSETS_MS : OFFSETS_MS) {
    let hasServed = false;
    await episode(stage, "pair", async () => {
      await stage.reload({ awaits: "nothing" });
      const askedMs = stage.now();
      await untilMoment(stage, askedMs + offsetMs);
      const reload = await stage.reload({ awaits: "nothing" });
      await reload.served();
      const { generation } = await stage.request({ name: "after-pair", door: innermost(stage) });
      hasServed = generation >= reload.generation;
      if (hasServed) await reload.settled();
    });
    // One that was lost is enough; each costs the whole settle time.
    if (!hasServed) return;
  }
}

async function storm(stage: Stage, fresh: RunningLoad): Promise<void> {
  await episode(stage, "storm", async () => {
    const beganMs = stage.now();
    let last = await stage.reload({ awaits: "nothing" });
    for (let index = 1; index < STORM; index++) {
      await untilMoment(stage, beganMs + (index * STORM_MS) / STORM);
      last = await stage.reload({ awaits: "nothing" });
    }
    await last.served();
    await last.settled();
    await fresh.further(AFTERMATH / 3);
  });
}
