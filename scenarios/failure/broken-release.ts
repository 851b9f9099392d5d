import type { RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";
import { beginStream, isWhole } from "./in-hand.ts";
import { answered, PATIENCE_MS, startLoads, STEADY_REQUESTS } from "./loads.ts";
import { awaitPool, FIRST_START_MS, runsProgramOf, watchMain, watchStarts, type MainWatch } from "./watch.ts";

/** Requests for whose time it is watched how often something that fails is tried again: two seconds. */
const WATCHED_REQUESTS = 200;
/** A worker is stopped for so many requests before it is killed, so that what is handed to it cannot be finished. */
const STOPPED_REQUESTS = 20;
/** When the crashes are over; back-offs of ten seconds are common. */
const COMEBACK_MS = 12_000;

/**
 * Under load: a worker is killed with an answer in hand, and after it each of its replacements as soon as it is there; then a
 * release that cannot be loaded, and the good one after it. In this order, because there are servers that the broken release ends.
 */
export const brokenRelease: Scenario = {
  id: "failure/broken-release",
  title: "Workers that die again and again, a release that fails to load, and the next good one",
  decides: [
    "failure/broken-release-keeps-old",
    "failure/recovers-after-failed-reload",
    "failure/crash-loop-backs-off",
    "failure/killed-worker-costs-its-own",
  ],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const { all: loads, pace } = startLoads(stage, { kept: true });
    const main = await watchMain(stage);
    await Promise.all(loads.map((load) => load.further(STEADY_REQUESTS)));
    await crashAgainAndAgain(stage, pace);
    await main.look();
    await failToLoad(stage, pace, main);
    main.end();
    await answered(stage, pace, STEADY_REQUESTS);
    await Promise.all(loads.map((load) => load.stop()));
  },
};

async function failToLoad(stage: Stage, pace: RunningLoad, main: MainWatch): Promise<void> {
  let hasStarted = false;
  const work = async (): Promise<void> => {
    await stage.reload({ release: "fail" });
    // Old workers that finish what they have may have to be gone before anything is started.
    if (stage.phase === "trial") await stage.until(() => hasStarted, FIRST_START_MS);
    await answered(stage, pace, WATCHED_REQUESTS);
  };
  await watchStarts(stage, "broken-release", work, () => (hasStarted = true));
  await main.look();
  const reload = await stage.reload();
  await reload.settled();
  await main.look();
}

async function crashAgainAndAgain(stage: Stage, pace: RunningLoad): Promise<void> {
  const streams = stage.capabilities.includes("streaming")
    ? await Promise.all(stage.doors.map((door) => beginStream(stage, door)))
    : [];
  const [anyone] = await stage.servingWorkers();
  const victim = streams.at(-1)?.worker ?? anyone;
  const processes = stage.processes();
  const dying = processes.find(({ pid }) => pid === victim);
  if (victim !== undefined && dying) {
    // Its replacements have the parent that it had; what else that starts, such as a `sleep`, is left alone.
    const isKin = runsProgramOf(processes.filter(({ pid }) => pid === victim || pid === dying.ppid));
    stage.kill({ name: "stop", pid: victim, signal: "SIGSTOP" });
    await answered(stage, pace, STOPPED_REQUESTS);
    await watchStarts(
      stage,
      "crash-loop",
      async () => {
        stage.kill({ name: "kill", pid: victim, signal: "SIGKILL" });
        await answered(stage, pace, WATCHED_REQUESTS);
      },
      ({ pid }) => stage.kill({ name: "crash", pid, signal: "SIGKILL" }),
      (process) => process.ppid === dying.ppid && isKin(process),
    );
  }
  for (const { talk } of streams) {
    if (stage.phase === "trial") await talk.until(isWhole, PATIENCE_MS);
    talk.close();
  }
  if (stage.phase === "trial" && victim !== undefined) await awaitPool(stage, "pool-after-crashes", COMEBACK_MS);
}
