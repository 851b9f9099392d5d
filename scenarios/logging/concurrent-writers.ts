import type { Scenario } from "../../harness/spec/scenario.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Records of one request by size: many small ones, so that a fault of one record in 10,000 shows, and a few large ones, around the
 * limits of pipes and of read buffers.
 */
const KINDS = [
  { records: 3_000, bytes: 100 },
  { records: 2_000, bytes: 500 },
  { records: 40, bytes: 4 * KIB },
  { records: 40, bytes: 4 * KIB + 1 },
  { records: 20, bytes: 16 * KIB },
  { records: 6, bytes: 64 * KIB },
  { records: 6, bytes: 64 * KIB + 1 },
  { records: 1, bytes: MIB },
] as const;
const ROUNDS = 8;
const ORDINARY_REQUESTS = 400;
const CONTROL_REQUESTS = 40;
const CONTROL_KIND = { records: 20, bytes: 500 };

/**
 * Eight workers write records of 100 bytes to 1 MiB at the same time, with multi-byte text, while ordinary requests run; then the
 * target is stopped with a request in flight through every door, whose last record has to be kept too.
 */
export const concurrentWriters: Scenario = {
  id: "logging/concurrent-writers",
  title: "Eight writers, records from 100 B to 1 MiB, and a stop with work in flight",
  decides: [
    "logging/every-record-once",
    "logging/no-interleaving",
    "logging/long-record-whole",
    "logging/multibyte-intact",
    "logging/shutdown-output-kept",
  ],
  roles: ["app-server", "stack", "supervisor"],
  actions: ["stop"],
  capabilities: ["contract"],
  workers: 8,
  sites: "one",
  async drive(stage) {
    // Ordinary requests at the same time; a closed loop, for there is no schedule to keep while all workers write.
    const loads = stage.doors.map((door) =>
      stage.closedLoop({
        name: `ordinary-${door}`,
        door,
        requests: stage.phase === "trial" ? ORDINARY_REQUESTS : CONTROL_REQUESTS,
        concurrency: 4,
        connections: "fresh",
      }),
    );
    const requests =
      stage.phase === "trial"
        ? Array.from({ length: ROUNDS }, () => KINDS).flat()
        : Array.from({ length: 8 }, () => CONTROL_KIND);
    await stage.burst({ name: "sizes", doors: stage.doors, concurrency: 16, requests });
    await Promise.all(loads.map((load) => load.finished));
    await stage.readLogs("sizes");
    if (stage.phase === "control") return;
    const held = await Promise.all(stage.doors.map((door) => stage.hold({ door })));
    const stop = await stage.stop();
    await Promise.all(held.map((request) => request.release()));
    await stop.exited();
    await stage.readLogs("after-stop");
  },
};
