import type { HeldBy } from "../../harness/spec/history.ts";
import { withinRoom } from "../room.ts";
import type { HeldHandle, Scenario, Stage } from "../../harness/spec/scenario.ts";

/** How long the requests are held after the stop was asked for, unless somebody leaves before. */
const CUT_MS = 300;

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
    // A server of one process has no parent that could stand still.
    const isParent = !leaving.includes(pid);
    if (isParent) stage.kill({ name: "stop-parent", pid, signal: "SIGSTOP" });
    const answers = Promise.all(held.map((request) => request.release()));
    await stage.awaitExits({ name: "drained", pids: leaving, withinMs: stage.facts.settleMs });
    if (isParent) stage.kill({ name: "continue-parent", pid, signal: "SIGCONT" });
    // An answer that needs the parent comes only now.
    await answers;
    await reload.settled();
    if (stage.phase === "control") return;

    const last = await holdSome(stage);
    const before = stage.processes().length;
    const stop = await stage.stop();
    // A stop that cuts has had the time to do so; one that drains is left in peace for just as long.
    await stage.until(() => stage.processes().length < before, CUT_MS);
    await Promise.all(last.map((request) => request.release()));
    await stop.exited();
  },
};

async function holdSome(stage: Stage): Promise<HeldHandle[]> {
  const kinds: readonly HeldBy[] = stage.capabilities.includes("upload")
    ? ["gate", "upload", "gate"]
    : ["gate", "gate"];
  const wanted = kinds.flatMap((by) => stage.doors.map((door) => ({ by, door })));
  return Promise.all(withinRoom(stage, wanted).map((plan) => stage.hold(plan)));
}
