import type { BurstPlan, Scenario } from "../../harness/spec/scenario.ts";

const RECORD_BYTES = 4 * 1024;
const RECORDS = 32;
/** Of the size of a file: enough for two rotations, wherever the live file stands. */
const SHARE = 2.25;
const CONTROL_REQUESTS = 2;

/**
 * The first rotation meets links where most servers put their backups, and shows which names this one uses. Then links stand at
 * those, and all permissions but the owner's are taken from the files of the log; the next rotations meet both.
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
    await stage.burst({ ...burst("before"), requests: stage.doors.map(() => ({ records: 1, bytes: RECORD_BYTES })) });
    const guessed = await logHands.plantLinks("guessed");
    using watched = logHands.watchNames();
    await stage.burst(burst("guessed"));
    await stage.readLogs("while-guessed");
    await guessed.remove("guessed");
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
