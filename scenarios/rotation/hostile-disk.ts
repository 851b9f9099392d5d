import type { BurstPlan, Scenario, Stage } from "../../harness/spec/scenario.ts";
import { nudgeUntil } from "./nudge.ts";

const KIB = 1024;
const ROOM_BYTES = 64 * KIB;
/** Twelve MiB: more than the pipes and buffers on the way of a record usually hold. */
const FLOOD = { requests: 24, records: 32, bytes: 16 * KIB };
const ORDINARY = { requests: 24, records: 100, bytes: 400 };
/** Goes on for a while after its middle. */
const LONG = { requests: 80, records: 100, bytes: 400 };
const CONTROL_REQUESTS = 4;
/** Of the size of a file: wherever the file that was deleted stood, its writer leaves it for the next one. */
const NEXT_FILE_SHARE = 1.25;

/**
 * What the log meets with: a disk that is full and has room again, a rotator that copies and truncates, its file deleted, its
 * folder deleted. After each, a burst shows whether records arrive again.
 */
export const hostileDisk: Scenario = {
  id: "rotation/hostile-disk",
  title: "The disk full, the log truncated, its file deleted, its folder deleted, in mid-burst each",
  decides: ["rotation/disk-full", "rotation/copytruncate", "rotation/deleted-file-recovers"],
  roles: ["stack", "supervisor", "app-server"],
  actions: [],
  capabilities: ["contract", "log-files"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const { logHands } = stage;
    await stage.burst(burst(stage, "ordinary", ORDINARY));
    await stage.readLogs("ordinary");
    // All else is the same work again, with something done to the log that is left out here.
    if (stage.phase === "control") return;
    await fullDisk(stage);
    const copyAndTruncate = () => logHands.copyAndTruncate("truncated");
    await stage.burst({ ...burst(stage, "truncated", LONG), midway: { at: 0.3, act: copyAndTruncate } });
    await stage.readLogs("truncated");
    await logHands.lookAtFiles("truncated");
    const isBack = await deleted(stage, "file-deleted", () => logHands.remove("file-deleted"));
    if (isBack) await deleted(stage, "folder-deleted", () => logHands.removeFolder("folder-deleted"));
  },
};

async function fullDisk(stage: Stage): Promise<void> {
  await using disk = await stage.logHands.fill("full", ROOM_BYTES);
  await stage.burst(burst(stage, "full", FLOOD));
  await stage.logHands.lookAtFiles("full");
  await disk.empty();
  await nudgeUntil(stage, "room-again", () => disk.isWritten());
  // What was held back comes first, and with it the count of what could not be.
  await stage.readLogs("full");
  await stage.burst(burst(stage, "room-again", ORDINARY));
  await stage.readLogs("room-again");
}

/**
 * Deletes in mid-burst; the log has its settle time to come back by itself, once more after it was told to reopen, and once more
 * after it was told to rotate. One that can be told neither has until its next file. Resolves to whether it came back.
 */
async function deleted(stage: Stage, name: string, remove: () => Promise<void>): Promise<boolean> {
  const { logHands } = stage;
  await stage.burst({ ...burst(stage, name, ORDINARY), midway: { at: 0.3, act: remove } });
  let isBack = await nudgeUntil(stage, `${name}-itself`, () => logHands.isBack());
  // One after the other: who is told to rotate what is not there may be stuck with it, where a reopen alone would have helped.
  for (const action of ["reopen", "rotate"] as const) {
    if (isBack || !stage.can(action)) continue;
    await stage.act(action);
    isBack = await nudgeUntil(stage, `${name}-told-to-${action}`, () => logHands.isBack());
  }
  const { maxBytes = 0 } = stage.facts.logLimits ?? {};
  if (!isBack && maxBytes > 0 && !stage.can("reopen") && !stage.can("rotate")) {
    const requests = Math.ceil((NEXT_FILE_SHARE * maxBytes) / (ORDINARY.records * ORDINARY.bytes));
    await stage.burst(burst(stage, `${name}-fills-file`, { ...ORDINARY, requests }));
    isBack = await nudgeUntil(stage, `${name}-next-file`, () => logHands.isBack());
  }
  await stage.burst(burst(stage, `${name}-after`, ORDINARY));
  await stage.readLogs(`${name}-after`);
  return isBack;
}

function burst(stage: Stage, name: string, size: typeof ORDINARY): BurstPlan {
  const { records, bytes } = size;
  const length = stage.phase === "trial" ? size.requests : CONTROL_REQUESTS;
  return { name, doors: stage.doors, concurrency: 8, requests: Array.from({ length }, () => ({ records, bytes })) };
}
