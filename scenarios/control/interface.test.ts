import { expect, test } from "vitest";
import type { Stage } from "../../harness/spec/scenario.ts";
import { controlInterface } from "./interface.ts";

/** A supervisor that acknowledges a stop at once; the program of pid 20 is gone `goneAfterMs` later. Resolves to who is left. */
async function leftOf(goneAfterMs: number): Promise<readonly number[]> {
  let nowMs = 0;
  let stoppedMs = Number.POSITIVE_INFINITY;
  let left: readonly number[] = [];
  const pids = () => (nowMs >= stoppedMs + goneAfterMs ? [10] : [10, 20]);
  const stage = {
    phase: "trial",
    doors: ["front"],
    capabilities: [],
    facts: { site: "main", settleMs: 5_000 },
    control: { stop: { command: ["ctl", "stop"] } },
    openLoop: () => ({ further: async () => {}, stop: async () => {} }),
    inspectEndpoints: async () => {},
    inspectPorts: async () => {},
    startSecond: async () => {},
    call: async ({ name }: { readonly name: string }) => void (name === "stop" && (stoppedMs = nowMs)),
    processes: () => pids().map((pid) => ({ pid, state: "S" })),
    async lookAtProcesses() {
      left = pids();
      return { mainPid: 20, processes: left.map((pid) => ({ pid, group: pid })) };
    },
    async until(isSo: () => boolean, withinMs: number) {
      for (const endMs = nowMs + withinMs; nowMs <= endMs; nowMs += 50) if (isSo()) return true;
      return false;
    },
  } as unknown as Stage;
  await controlInterface.drive(stage);
  return left;
}

test("a program that goes within the grace of every stop is taken with it", async () => {
  expect(await leftOf(1_500)).toEqual([10]);
  expect(await leftOf(2_500)).toEqual([10, 20]);
});
