import { descendantsOf } from "../../harness/spec/process-family.ts";
import type { Scenario, Stage } from "../../harness/spec/scenario.ts";
import { untilCalm } from "./episode.ts";

/** Few requests per second, for workers that look for their parent between two of them. */
const RATE = 20;

/** The main process is killed under a light load, of which nothing is asked; its workers have to follow it, and the next start has to serve. */
export const mainKilled: Scenario = {
  id: "lifecycle/main-killed",
  title: "The main process killed, then started again",
  decides: ["lifecycle/no-orphans"],
  roles: ["app-server", "stack"],
  actions: [],
  capabilities: ["contract"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    await stage.servingWorkers();
    const load = stage.openLoop({ name: "traffic", door: "front", ratePerSecond: RATE, connections: "fresh" });
    await load.further(RATE / 4);
    if (stage.phase === "trial") {
      await untilCalm(stage);
      await killMain(stage);
      await load.stop();
      await stage.restart("restart");
    }
    await load.stop();
  },
};

async function killMain(stage: Stage): Promise<void> {
  const pid = await stage.mainPid();
  await stage.lookAtProcesses("before-kill");
  // Told apart before, for they have another parent afterwards.
  const workers = new Set(descendantsOf(stage.processes(), pid).map((worker) => worker.pid));
  stage.kill({ name: "main", pid, signal: "SIGKILL" });
  const isLeft = (): boolean => stage.processes().some(({ pid, state }) => workers.has(pid) && state !== "Z");
  await stage.until(() => !isLeft(), stage.facts.settleMs);
  await stage.lookAtProcesses("after-kill");
}
