import type { Door } from "../../harness/spec/history.ts";
import type { HeldHandle, Scenario, Stage } from "../../harness/spec/scenario.ts";

const RELOADS = 10;
const RATE = 50;
/**
 * A reload that is not taken up by then waits for old workers to leave; the next is asked for all the same. On a slow
 * machine: so many times what the slowest before it took.
 */
const PATIENCE_MS = 1_500;
const PATIENCE = 4;
const MOST_PATIENCE_MS = 8_000;
/** The same once one has waited: no point in looking long. */
const SHORT_PATIENCE_MS = 100;
/** Nor is there in waiting for a request to get in, where those who could take it wait themselves. */
const SHORT_ENTER_MS = 1_000;
const ASK_EVERY_MS = 40;
const CHILD_MS = 2_000;

/**
 * The application starts programs, of which it is looked up what they inherited. Then ten reloads, each with a request more
 * held in flight; the requests are released, and the last release has to serve.
 */
export const resourceGenerations: Scenario = {
  id: "resources/generations",
  title: "Programs started by the application; ten reloads with ten requests held",
  decides: ["resources/generations-capped", "resources/listener-not-inherited", "resources/no-zombies"],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    // The innermost: what a proxy in front keeps open would pin workers as well.
    const door: Door = stage.doors.includes("direct") ? "direct" : "front";
    await stage.servingWorkers();
    // First: an application that does not wait for what it has started leaves zombies, which its workers take along.
    if (stage.phase === "trial" && stage.capabilities.includes("subprocess")) await startPrograms(stage, door);
    const load = stage.openLoop({ name: "fresh", door, ratePerSecond: RATE, connections: "fresh" });
    await load.further(RATE / 5);
    if (stage.phase === "trial") await pinAndReload(stage, door);
    else await (await stage.hold({ door })).release();
    await load.further(RATE / 5);
    await load.stop();
  },
};

async function pinAndReload(stage: Stage, door: Door): Promise<void> {
  const held: HeldHandle[] = [];
  let patienceMs = PATIENCE_MS;
  let last: Awaited<ReturnType<Stage["reload"]>> | undefined;
  let isPutOff = false;
  let isRefused = false;
  for (let index = 0; index < RELOADS; index++) {
    held.push(await stage.hold({ door, ...(isPutOff && { enterMs: SHORT_ENTER_MS }) }));
    const reload = await stage.reload({ awaits: "nothing" });
    isRefused = reload.refused;
    if (isRefused) break;
    last = reload;
    const askedMs = stage.now();
    isPutOff =
      !(await isTakenUp(stage, door, reload.generation, isPutOff ? SHORT_PATIENCE_MS : patienceMs)) || isPutOff;
    patienceMs = Math.min(Math.max(patienceMs, PATIENCE * (stage.now() - askedMs)), MOST_PATIENCE_MS);
  }
  await Promise.all(held.map((request) => request.release()));
  await last?.served();
  await last?.settled();
  // One that was refused because others drained is taken up when they have.
  if (isRefused) await (await stage.reload()).settled();
}

function isTakenUp(stage: Stage, door: Door, generation: number, withinMs: number): Promise<boolean> {
  let askedMs = Number.NEGATIVE_INFINITY;
  return stage.until(async () => {
    if (stage.now() - askedMs < ASK_EVERY_MS) return false;
    askedMs = stage.now();
    return (await stage.request({ name: "taken-up", door })).generation >= generation;
  }, withinMs);
}

/** One for every worker, as far as chance has it; what was started is ended again. */
async function startPrograms(stage: Stage, door: Door): Promise<void> {
  const known = new Set(stage.processes().map(({ pid }) => pid));
  const started = () => stage.processes().filter(({ pid, command }) => !known.has(pid) && /\bsleep\b/.test(command));
  for (let index = 0; index < stage.workers; index++) await stage.request({ name: "child", door, path: "/child" });
  await stage.until(() => started().length >= stage.workers, CHILD_MS);
  for (const { pid } of started()) {
    await stage.lookAtListeners({ name: "child", pid });
    stage.kill({ name: "child", pid, signal: "SIGKILL" });
  }
}
