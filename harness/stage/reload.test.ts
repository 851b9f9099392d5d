import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { startFaultServer } from "../client/fault-server.ts";
import { kill } from "./act.ts";
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
    asking: new Set(),
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

test("a command that ends with the old workers does not keep the new ones from being seen", async () => {
  await using server = await startFaultServer("none", 1);
  const { context, recorder } = stageOn(server.endpoint.port, { looks: 0, settleMs: 10_000 });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const by = () => released.then(() => ({}));
  const handle = await createReloader(context)({ by });
  const [reload] = recorder.actions;
  expect(reload?.servedMs).toBeDefined();
  expect(reload?.returnedMs).toBe(reload?.startedMs);
  const settled = handle.settled();
  release();
  await settled;
  expect(reload?.returnedMs).toBeGreaterThan(reload?.servedMs ?? Infinity);
  await Promise.all(context.asking);
});

test("a command that ends with the old workers keeps nobody who waits for nothing from going on", async () => {
  await using server = await startFaultServer("none", 1);
  const { context, recorder } = stageOn(server.endpoint.port, { looks: 0, settleMs: 10_000 });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const startedMs = performance.now();
  const reloadBy = () => released.then(() => ({ startedMs, returnedMs: performance.now() }));
  const handle = await createReloader(Object.assign(context, { target: { ...context.target, reloadBy } }))({
    awaits: "nothing",
  });
  expect(recorder.actions[0]?.servedMs).toBeDefined();
  release();
  await handle.settled();
  expect(recorder.actions[0]?.returnedMs).toBeGreaterThan(recorder.actions[0]?.servedMs ?? Infinity);
});

test("a signal is sent, and nobody who waits for nothing waits for what comes of it", async () => {
  const { context, recorder } = stageOn(1, { looks: 0, settleMs: 10_000 });
  const facts = () => ({ settleMs: 10_000, reloadSignal: "SIGHUP" });
  await createReloader(Object.assign(context, { target: { ...context.target, facts } }))({ awaits: "nothing" });
  expect(recorder.actions).toHaveLength(1);
  expect(recorder.actions[0]?.servedMs).toBeUndefined();
});

test("a command that fails in the end is recorded, though the new workers serve", async () => {
  await using server = await startFaultServer("none", 1);
  const { context, recorder } = stageOn(server.endpoint.port, { looks: 0, settleMs: 10_000 });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const handle = await createReloader(context)({ by: () => released.then(() => ({ error: "why", refused: true })) });
  expect(handle.refused).toBe(false);
  release();
  await handle.settled();
  expect(handle.refused).toBe(true);
  expect(recorder.actions[0]).toMatchObject({ error: "why", refused: true });
});

test("what goes wrong in asking is not lost, though the new workers serve", async () => {
  await using server = await startFaultServer("none", 1);
  const { context } = stageOn(server.endpoint.port, { looks: 0, settleMs: 10_000 });
  const { promise: broken, reject } = Promise.withResolvers<never>();
  await createReloader(context)({ by: () => broken });
  reject(new Error("a bug of ours"));
  await expect(Promise.all(context.asking)).rejects.toThrow("a bug of ours");
});

test("one that stops first has settled when somebody serves again, and not when the old ones are gone", async () => {
  await using server = await startFaultServer("none", 1);
  const { context, recorder } = stageOn(1, { looks: 0, settleMs: 300 });
  const handle = await createReloader(context)({});
  const [reload] = recorder.actions;
  expect(reload?.servedMs).toBeUndefined();
  // As the release of a held request does.
  Object.assign(reload ?? {}, { settleDeadlineMs: recorder.now() + 10_000 });
  setImmediate(() => Object.assign(context, { endpoint: () => server.endpoint }));
  await handle.settled();
  expect(reload?.servedMs).toBeDefined();
  expect(reload?.settledMs).toBeGreaterThanOrEqual(reload?.servedMs ?? Infinity);
});

test("a target that was made to stand still settles from when it goes on", async () => {
  await using server = await startFaultServer("none", 1);
  const { context, recorder } = stageOn(server.endpoint.port, { looks: Infinity, settleMs: 10_000 });
  const handle = await createReloader(context)({ awaits: "nothing" });
  const [reload] = recorder.actions;
  const deadlineMs = reload?.settleDeadlineMs ?? Infinity;
  const child = spawn("sleep", ["10"]);
  await using _ = { [Symbol.asyncDispose]: async () => void child.kill("SIGKILL") };
  const { pid = 0 } = child;
  Object.assign(context.target, { processes: () => [{ pid, state: "S" }] });
  expect(kill(context, { name: "w", pid, signal: "SIGSTOP" })).toBe(true);
  expect(reload?.settleDeadlineMs).toBe(deadlineMs);
  expect(kill(context, { name: "w", pid, signal: "SIGCONT" })).toBe(true);
  expect(reload?.settleDeadlineMs).toBeGreaterThan(deadlineMs);
  expect(handle.isTakenUp).toBe(false);
  await handle.served();
  expect(handle.isTakenUp).toBe(true);
});

test("a group is signalled by any of its members, and only where nobody else is in it", async () => {
  const { context, recorder } = stageOn(1, { looks: 0, settleMs: 1_000 });
  const leader = spawn("sh", ["-c", "sleep 30 & echo $!; wait"], { detached: true });
  const gone = once(leader, "exit");
  const [first] = (await once(leader.stdout, "data")) as [Buffer];
  const pids = [leader.pid ?? 0, Number(String(first))];
  const member = -(pids[1] ?? 0);
  const know = (known: readonly number[]): void => {
    Object.assign(context.target, { processes: () => known.map((pid) => ({ pid, state: "S" })) });
  };
  know(pids.slice(1));
  expect(kill(context, { name: "group", pid: member, signal: "SIGKILL" })).toBe(false);
  know(pids);
  expect(kill(context, { name: "group", pid: member, signal: "SIGKILL" })).toBe(true);
  await gone;
  expect(recorder.observations.map((seen) => ("delivered" in seen ? [seen.pid, seen.delivered] : []))).toEqual([
    [member, false],
    [-(leader.pid ?? 0), true],
  ]);
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
