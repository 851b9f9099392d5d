import type { BurstPlan, Scenario } from "../../harness/spec/scenario.ts";

const RECORDS_PER_REQUEST = 500;
const REQUESTS = { plain: 400, reload: 200 };
/** Without a limit on the size files change with the clock, no more often than every second: for that the first burst has to last. */
const BY_THE_CLOCK = 3;
const CONTROL_REQUESTS = 4;
const RECORD_BYTES = 250;

/**
 * A burst of 200,000 records from all workers while the files rotate by size (of 600,000, while they change with the clock), and one of
 * 100,000 with a reload in the middle. Each burst is read back before the count limit could take it away.
 */
export const rotationMidBurst: Scenario = {
  id: "rotation/mid-burst",
  title: "200,000 records while the files rotate, and 100,000 with a reload in the middle",
  decides: [
    "rotation/mid-burst-loses-nothing",
    "rotation/record-boundaries",
    "rotation/size-and-count",
    "rotation/compression-safe",
    "rotation/during-reload",
  ],
  roles: ["stack", "supervisor"],
  actions: ["reload"],
  capabilities: ["contract", "rotation"],
  workers: 2,
  async drive(stage) {
    const bySize = (stage.facts.logLimits?.maxBytes ?? 0) > 0;
    const requests = { ...REQUESTS, plain: REQUESTS.plain * (bySize ? 1 : BY_THE_CLOCK) };
    const burst = (name: keyof typeof REQUESTS): BurstPlan => ({
      name,
      doors: stage.doors,
      concurrency: 8,
      requests: Array.from({ length: stage.phase === "trial" ? requests[name] : CONTROL_REQUESTS }, () => ({
        records: RECORDS_PER_REQUEST,
        bytes: RECORD_BYTES,
      })),
    });
    await stage.burst(burst("plain"));
    await stage.readLogs("plain");
    await stage.burst({ ...burst("reload"), midway: { at: 0.4, act: async () => (await stage.reload()).settled() } });
    await stage.readLogs("reload");
  },
};
