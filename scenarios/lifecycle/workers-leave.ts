import type { HeldHandle, Scenario, Stage } from "../../harness/spec/scenario.ts";

/**
 * Old workers finish what they hold and leave after a reload, while their parent stands still, so that it can't take away how
 * they ended; then the whole server is stopped with requests in flight through every door.
 */
export const workersLeave: Scenario = {
  id: "lifecycle/workers-leave",
  title: "Drained workers leave by themselves; a stop with work in flight answers it first",
  decides: ["lifecycle/workers-exit-clean", "lifecycle/stop-drains"],
  roles: ["app-server", "stack", "supervisor"],
  actions: ["reload", "stop"],
  capabilities: ["contract"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const leaving = await stage.servingWorkers();
    const held = await holdSome(stage);
    const reload = await stage.reload();
    const pid = await stage.mainPid();
    stage.kill({ name: "stop-master", pid, signal: "SIGSTOP" });
    await Promise.all(held.map((request) => request.release()));
    await stage.awaitExits({ name: "drained", pids: leaving, withinMs: stage.facts.settleMs });
    stage.kill({ name: "continue-master", pid, signal: "SIGCONT" });
    await reload.settled();
    if (stage.phase === "control") return;

    const last = await holdSome(stage);
    const stop = await stage.stop();
    await Promise.all(last.map((request) => request.release()));
    await stop.exited();
  },
};

function holdSome(stage: Stage): Promise<HeldHandle[]> {
  const kinds = stage.capabilities.includes("upload")
    ? (["gate", "gate", "upload"] as const)
    : (["gate", "gate"] as const);
  return Promise.all(stage.doors.flatMap((door) => kinds.map((by) => stage.hold({ door, by }))));
}
