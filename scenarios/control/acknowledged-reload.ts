import type { Door } from "../../harness/spec/history.ts";
import type { ReloadPlan, Scenario } from "../../harness/spec/scenario.ts";

/** High enough that the time between the outcome and what it tells of would show. */
const RATE = 200;
const STEADY_REQUESTS = 40;
/** A release that never gets ready is not waited for to the end: it is enough that nobody calls it a success. */
const HANG_MS = 1_500;

/** What fails comes last: some servers do not survive it. */
const RELOADS: readonly ReloadPlan[] = [{ bootDelayMs: 800 }, {}, { release: "fail" }, { release: "hang" }];

/** Reloads by the control interface to releases that boot, slowly and fast, that fail, and that hang, under fresh connections. */
export const acknowledgedReload: Scenario = {
  id: "control/acknowledged-reload",
  title: "What a reload is said to have come to, and what serves by then",
  decides: ["control/reload-is-acknowledged", "control/reload-names-generation"],
  roles: ["supervisor", "stack"],
  actions: ["reload"],
  capabilities: ["control-reload"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const call = stage.control?.reload;
    if (!call) return;
    // The outcome is the program's; a proxy in front of it has pooled connections, which are other rules' business.
    const door: Door = stage.doors.includes("direct") ? "direct" : "front";
    const load = stage.openLoop({ name: "fresh", door, ratePerSecond: RATE, connections: "fresh" });
    await load.further(STEADY_REQUESTS);
    // In the control one is like the other.
    for (const plan of stage.phase === "trial" ? RELOADS : RELOADS.slice(0, 1)) {
      const withinMs = plan.release === "hang" ? { withinMs: HANG_MS } : {};
      await stage.reload({
        ...plan,
        awaits: "nothing",
        by: async () => {
          await stage.call({ name: "reload", call, program: stage.facts.site, ...withinMs });
          return {};
        },
      });
      await load.further(STEADY_REQUESTS);
    }
    await load.stop();
    // What hangs would be waited for, long after all is said.
    if (stage.phase === "trial") await (await stage.stop()).exited();
  },
};
