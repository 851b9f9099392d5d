import type { RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";
import type { ProcessFacts } from "../../harness/spec/history.ts";
import { LIMITS } from "../../harness/spec/limits.ts";
import { beginStream, type Stream } from "./in-hand.ts";
import { answered, startLoads, STEADY_REQUESTS } from "./loads.ts";
import { awaitPool, FIRST_START_MS, watchMain, watchStarts, type MainWatch } from "./watch.ts";

/** What is still there when its time is over is looked at once more after that. */
const LAST_LOOK_MS = 500;
/** From the end of a worker until another one answers in its place. */
const REPLACED_MS = 5_000;

/**
 * With limits of two seconds: a worker that stops in the middle of its work and does not come back, then a release that never
 * gets ready, and the good one after it. In this order, because there are servers that do not recover from that release.
 */
export const hangingRelease: Scenario = {
  id: "failure/hanging-release",
  title: "A worker that hangs, a release that never gets ready, and the next good one",
  decides: ["failure/never-ready-is-abandoned", "failure/hung-worker-replaced", "failure/recovers-after-failed-reload"],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  variant: "short-limits",
  sites: "one",
  async drive(stage) {
    // Kept-alive clients of a stopped worker would wait for it, which is no news.
    const { all: loads, pace } = startLoads(stage, { kept: false });
    const main = await watchMain(stage);
    await pace.further(STEADY_REQUESTS);
    await hang(stage);
    await main.look();
    await neverGetReady(stage, main, pace);
    main.end();
    await answered(stage, pace, STEADY_REQUESTS);
    await Promise.all(loads.map((load) => load.stop()));
  },
};

async function neverGetReady(stage: Stage, main: MainWatch, pace: RunningLoad): Promise<void> {
  const { bootMs } = stage.facts;
  const started: ProcessFacts[] = [];
  const work = async (): Promise<void> => {
    await stage.reload({ release: "hang" });
    if (stage.phase === "control" || bootMs === undefined) return;
    await stage.until(() => started.length > 0, FIRST_START_MS);
    await stage.until(
      () => started.length > 0 && started.every(({ pid }) => !isAlive(stage, pid)),
      bootMs + LIMITS.giveUpMarginMs + LAST_LOOK_MS,
    );
  };
  await watchStarts(stage, "hanging-release", work, (process) => started.push(process));
  // The table of the whole run has to have seen their end as well, before the next reload could be what ended them.
  await answered(stage, pace, STEADY_REQUESTS);
  await main.look();
  const reload = await stage.reload();
  await reload.settled();
  await main.look();
}

async function hang(stage: Stage): Promise<void> {
  const { hangMs } = stage.facts;
  if (hangMs === undefined) return;
  const inHand = await giveWork(stage);
  const victim = inHand?.worker ?? (await stage.servingWorkers())[0];
  if (victim !== undefined && stage.kill({ name: "hang", pid: victim, signal: "SIGSTOP" })) {
    const isGone = await stage.until(() => !isAlive(stage, victim), hangMs + LIMITS.giveUpMarginMs + LAST_LOOK_MS);
    if (isGone) await awaitPool(stage, "pool-after-hang", REPLACED_MS);
    // Whoever waits for it, and who wants to end it, should not have to wait for more than it has shown by now.
    else stage.kill({ name: "resume", pid: victim, signal: "SIGCONT" });
  }
  inHand?.talk.close();
}

/** There are limits that count from the beginning of a request: an idle worker is not missed by them. */
async function giveWork(stage: Stage): Promise<Stream | undefined> {
  const door = stage.doors.at(-1);
  return door !== undefined && stage.capabilities.includes("streaming") ? beginStream(stage, door) : undefined;
}

function isAlive(stage: Stage, wanted: number): boolean {
  return stage.processes().some(({ pid, state }) => pid === wanted && state !== "Z");
}
