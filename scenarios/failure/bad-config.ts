import { newComplaints } from "../../harness/checkers/failure/complaints.ts";
import type { Scenario } from "../../harness/spec/scenario.ts";
import { answered, startLoads, STEADY_REQUESTS } from "./loads.ts";
import { watchMain } from "./watch.ts";

/** So many are sent at least while the configuration is invalid. */
const READING_REQUESTS = 60;

/**
 * Under load the configuration becomes invalid and is read again, in each way that there is to have it read; then it is put
 * back and reloaded once more.
 */
export const badConfig: Scenario = {
  id: "failure/bad-config",
  title: "An invalid configuration, read in every way there is, and the sound one after it",
  decides: ["failure/bad-config-refused", "failure/recovers-after-failed-reload"],
  roles: ["app-server", "proxy", "stack"],
  actions: ["reload"],
  capabilities: ["contract", "bad-config"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const { all: loads, pace } = startLoads(stage, { kept: true });
    const main = await watchMain(stage);
    await answered(stage, pace, STEADY_REQUESTS);
    const inPeace = await stage.readServerLines("before-bad-config-1");
    let before = inPeace;
    for (let way = 0; way < (stage.facts.configReloads ?? 0); way++) {
      const { refused } = await stage.reload({ release: "bad-config", way });
      await answered(stage, pace, READING_REQUESTS);
      const isHeard = (lines: readonly string[]): boolean =>
        refused || stage.phase === "control" || newComplaints(inPeace, before, lines).length > 0;
      const after = await stage.readServerLines(`after-bad-config-${way + 1}`, isHeard);
      await main.look();
      before = after;
    }
    const reload = await stage.reload();
    await reload.settled();
    await main.look();
    main.end();
    await answered(stage, pace, STEADY_REQUESTS);
    await Promise.all(loads.map((load) => load.stop()));
  },
};
