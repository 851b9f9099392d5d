import { expect, test } from "vitest";
import type { ProcessFacts } from "../../harness/spec/history.ts";
import type { Observation } from "../../harness/spec/observation.ts";
import type { Stage } from "../../harness/spec/scenario.ts";
import { brokenRelease } from "./broken-release.ts";

const process = (pid: number, ppid: number, command: string): ProcessFacts => ({
  pid,
  ppid,
  command,
  state: "S",
  startTicks: pid,
});

/** The worker 20 of manager 10 is killed; then the manager starts what is told. Resolves to what was counted and killed of that. */
async function crashesOf(...commands: readonly string[]) {
  const processes = [process(10, 1, "/bin/sh restart.sh node server.js"), process(20, 10, "node server.js")];
  const observations: Observation[] = [];
  const killed: number[] = [];
  const load = { further: async () => {}, stop: async () => {} };
  const reload = { settled: async () => {} };
  const stage = {
    phase: "trial",
    workers: 1,
    doors: ["front"],
    capabilities: [],
    facts: { settleMs: 0 },
    now: () => 0,
    openLoop: () => load,
    mainPid: async () => 10,
    servingWorkers: async () => [20],
    processes: () => processes,
    kill({ name, pid }: { readonly name: string; readonly pid: number }) {
      if (name === "kill")
        processes.splice(1, 1, ...commands.map((command, index) => process(30 + index, 10, command)));
      if (name === "crash") killed.push(pid);
      return true;
    },
    reload: async () => reload,
    async until(isSo: () => unknown) {
      for (let looked = 0; looked < 10; looked++) {
        if (await isSo()) return true;
        await Promise.resolve();
      }
      return false;
    },
    observe: (observation: Observation) => void observations.push(observation),
  } as unknown as Stage;
  await brokenRelease.drive(stage);
  const starts = observations.find((one) => one.kind === "starts" && one.name === "crash-loop");
  return { count: starts?.kind === "starts" ? starts.count : Number.NaN, killed };
}

test("the replacements of a worker are killed in its place, be they copies of the parent yet or programs of their own", async () => {
  expect(await crashesOf("/usr/bin/node server.js", "sh restart.sh")).toEqual({ count: 2, killed: [30, 31] });
  expect(await crashesOf("node: worker")).toEqual({ count: 1, killed: [30] });
});

test("what else its parent starts replaces nobody", async () => {
  expect(await crashesOf("sleep 1", "node server.js")).toEqual({ count: 1, killed: [31] });
});
