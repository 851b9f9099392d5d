import { descendantsOf } from "../../harness/spec/process-family.ts";
import type { Scenario } from "../../harness/spec/scenario.ts";

/** The main process is killed; its workers have to follow it, and the next start has to serve. */
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
    await stage.request({ name: "this-one", door: "front" });
    if (stage.phase === "control") return;
    const pid = await stage.mainPid();
    await stage.lookAtProcesses("before-kill");
    // Told apart before, for they have another parent afterwards.
    const workers = new Set(descendantsOf(stage.processes(), pid).map((worker) => worker.pid));
    stage.kill({ name: "main", pid, signal: "SIGKILL" });
    const isLeft = (): boolean => stage.processes().some(({ pid, state }) => workers.has(pid) && state !== "Z");
    await stage.until(() => !isLeft(), stage.facts.settleMs);
    await stage.lookAtProcesses("after-kill");
    await stage.restart("restart");
  },
};
