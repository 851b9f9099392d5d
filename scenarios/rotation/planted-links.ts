import type { BurstPlan, Scenario } from "../../harness/spec/scenario.ts";

const RECORD_BYTES = 4 * 1024;
const RECORDS = 32;
/** Of the size of a file: enough for two rotations, wherever the live file stands. */
const SHARE = 2.25;
const CONTROL_REQUESTS = 2;

/**
 * One rotation shows which names this server uses; then links stand at those that come next, and all permissions but the
 * owner's are taken from the files of the log. The second rotation meets both.
 */
export const plantedLinks: Scenario = {
  id: "rotation/planted-links",
  title: "Links planted at the names of the next backups, and a log for its owner's eyes only",
  decides: ["rotation/no-symlink-follow"],
  roles: ["stack", "supervisor", "app-server"],
  actions: [],
  capabilities: ["contract", "log-files", "rotation"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const { logHands, facts } = stage;
    const maxBytes = facts.logLimits?.maxBytes ?? 0;
    const wanted = Math.ceil((SHARE * maxBytes) / (RECORDS * RECORD_BYTES));
    const burst = (name: string): BurstPlan => ({
      name,
      doors: stage.doors,
      concurrency: 8,
      requests: Array.from({ length: stage.phase === "trial" && wanted > 0 ? wanted : CONTROL_REQUESTS }, () => ({
        records: RECORDS,
        bytes: RECORD_BYTES,
      })),
    });
    using watched = logHands.watchNames();
    await stage.burst(burst("unplanted"));
    await stage.readLogs("unplanted");
    await logHands.narrowModes("narrowed");
    const planted = await logHands.plantLinks("planted", watched);
    await stage.burst(burst("planted"));
    // Until backups are compressed; then what is no file of the log goes, and the log is read in earnest.
    await stage.readLogs("while-planted");
    await planted.remove("planted");
    await stage.readLogs("planted");
    await logHands.lookAtFiles("end");
  },
};
