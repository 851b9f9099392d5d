import { expect, test } from "vitest";
import type { ActionName } from "../../harness/spec/target-facts.ts";
import type { Observation } from "../../harness/spec/observation.ts";
import type { BurstPlan, Stage } from "../../harness/spec/scenario.ts";
import { hostileDisk } from "./hostile-disk.ts";

const MAX_BYTES = 2_000_000;

/** A target whose log, once it is deleted, is back with its next file: when a file's worth was written since the last wait. */
async function waitsOf(maxBytes: number, actions: readonly ActionName[] = []) {
  const observations: Observation[] = [];
  let written = 0;
  let nowMs = 0;
  const remove = async (): Promise<void> => void (written = 0);
  const stage = {
    phase: "trial",
    workers: 2,
    doors: ["front"],
    facts: { settleMs: 5_000, logLimits: { maxBytes, backups: 3 } },
    now: () => (nowMs += 100),
    can: (action: ActionName) => actions.includes(action),
    act: async () => undefined,
    until: (isSo: () => Promise<boolean>) => isSo(),
    observe(observation: Observation) {
      observations.push(observation);
      written = 0;
    },
    async burst({ requests, midway }: BurstPlan) {
      await midway?.act();
      written += requests.reduce((sum, { records, bytes }) => sum + records * bytes, 0);
    },
    readLogs: async () => {},
    logHands: {
      fill: async () => ({ empty: remove, isWritten: async () => true, [Symbol.asyncDispose]: remove }),
      lookAtFiles: async () => {},
      copyAndTruncate: async () => {},
      remove,
      removeFolder: remove,
      isBack: async () => written >= MAX_BYTES,
    },
  } as unknown as Stage;
  await hostileDisk.drive(stage);
  return observations.flatMap((one) => (one.kind === "wait" ? [[one.name, one.cameTrue]] : []));
}

test("a log that can't be told to come back has until its next file", async () => {
  expect(await waitsOf(MAX_BYTES)).toEqual([
    ["room-again", true],
    ["file-deleted-itself", false],
    ["file-deleted-next-file", true],
    ["folder-deleted-itself", false],
    ["folder-deleted-next-file", true],
  ]);
});

test("one that can be told has not, nor one without a limit to the size of a file", async () => {
  expect(await waitsOf(MAX_BYTES, ["reopen"])).toEqual([
    ["room-again", true],
    ["file-deleted-itself", false],
    ["file-deleted-told-to-reopen", false],
  ]);
  expect(await waitsOf(0)).toEqual([
    ["room-again", true],
    ["file-deleted-itself", false],
  ]);
});
