import type { RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";
import type { ProcessFacts } from "../../harness/spec/history.ts";
import { LIMITS } from "../../harness/spec/limits.ts";
import { answered, startLoads, STEADY_REQUESTS } from "./loads.ts";
import { awaitPool, watchMain, watchStarts, type MainWatch } from "./watch.ts";

/** Until the first process of a release that hangs is there. */
const FIRST_START_MS = 3_000;
/** What is still there when its time is over is looked at once more after that. */
const LAST_LOOK_MS = 500;
/** From the end of a worker until another one answers in its place. */
const REPLACED_MS = 5_000;

/**
 * With limits of two seconds: a release that never gets ready, the good one after it, then a worker that stops in the middle of
 * its work and does not come back.
 */
export const hangingRelease: Scenario = {
  id: "failure/hanging-release",
  title: "A release that never gets ready, the next good one, and a worker that hangs",
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
    await neverGetReady(stage, main, pace);
    await hang(stage);
    await main.look();
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
  const [victim] = await stage.servingWorkers();
  if (victim === undefined || hangMs === undefined) return;
  if (!stage.kill({ name: "hang", pid: victim, signal: "SIGSTOP" })) return;
  const isGone = await stage.until(() => !isAlive(stage, victim), hangMs + LIMITS.giveUpMarginMs + LAST_LOOK_MS);
  if (isGone) await awaitPool(stage, "pool-after-hang", REPLACED_MS);
  // Whoever waits for it, and who wants to end it, should not have to wait for more than it has shown by now.
  else stage.kill({ name: "resume", pid: victim, signal: "SIGCONT" });
}

function isAlive(stage: Stage, wanted: number): boolean {
  return stage.processes().some(({ pid, state }) => pid === wanted && state !== "Z");
}
