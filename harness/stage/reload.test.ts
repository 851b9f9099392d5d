import { expect, test } from "vitest";
import { startFaultServer } from "../client/fault-server.ts";
import { HistoryRecorder } from "./recorder.ts";
import { createReloader } from "./reload.ts";
import type { StageContext } from "./context.ts";

const OLD_PID = 900;

/**
 * A target that serves generation 1 at once. A worker of generation 0, known only by what a load heard of it, is in the
 * process table for the first `looks` looks after the deploy.
 */
function stageOn(port: number, { looks, settleMs }: { looks: number; settleMs: number }) {
  const recorder = new HistoryRecorder();
  const met = new Map<number, number>();
  let asks = 0;
  const context = {
    phase: "trial",
    site: "main",
    running: new Map(),
    recorder,
    met,
    meet: (worker: number, generation: number) => void met.set(worker, generation),
    asked: { answers: 0 },
    idPrefix: () => `ask${++asks}.`,
    endpoint: () => ({ host: "127.0.0.1", port }),
    signal: new AbortController().signal,
    target: {
      workers: 1,
      workspace: { generation: () => 0 },
      facts: () => ({ settleMs }),
      site: () => ({ endpoints: {} }),
      deploy: () => Promise.resolve({ generation: 1 }),
      reloadBy: () => Promise.resolve({ startedMs: performance.now(), returnedMs: performance.now() }),
      processes: () => (looks-- > 0 ? [{ pid: OLD_PID, state: "S" }] : []),
    },
    probe: { path: "/", expect: "contract" },
  } as unknown as StageContext;
  return { context, recorder, met };
}

test("a reload has not settled while a worker lives that answered some load, though it never answered us", async () => {
  await using server = await startFaultServer("none", 1);
  const { context, recorder, met } = stageOn(server.endpoint.port, { looks: 3, settleMs: 10_000 });
  const handle = await createReloader(context)({});
  met.set(OLD_PID, 0);
  await handle.settled();
  const [reload] = recorder.actions;
  expect(reload?.servedMs).toBeLessThan(reload?.settledMs ?? 0);
  expect(context.target.processes()).toEqual([]);
});

test("what refuses a reload is told from what could not be asked", async () => {
  await using server = await startFaultServer("none", 1);
  for (const refused of [{ refused: true as const }, {}]) {
    const { context, recorder } = stageOn(server.endpoint.port, { looks: 0, settleMs: 1_000 });
    const by = () => Promise.resolve({ error: "why", ...refused });
    await createReloader(context)({ awaits: "nothing", by });
    expect(recorder.actions[0]).toMatchObject({ error: "why", ...refused });
    expect(recorder.actions[0]?.refused).toBe(refused.refused);
  }
});

test("one that never goes leaves the reload unsettled", async () => {
  await using server = await startFaultServer("none", 1);
  const { context, recorder, met } = stageOn(server.endpoint.port, { looks: Infinity, settleMs: 1_000 });
  const handle = await createReloader(context)({});
  met.set(OLD_PID, 0);
  await handle.settled();
  expect(recorder.actions[0]?.servedMs).toBeDefined();
  expect(recorder.actions[0]?.settledMs).toBeUndefined();
});
