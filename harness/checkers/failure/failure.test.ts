import { expect, test } from "vitest";
import type { ActionRecord } from "../../spec/history.ts";
import type { Observation } from "../../spec/observation.ts";
import { failure } from "./failure.ts";
import { BROKEN, BROKEN_MS, GOOD, GOOD_MS, mainPoll, rowsWith, SAMPLES, STARTS, troubled } from "./failure-fixture.ts";
import { action, type ActionParts, history } from "../testing/history-fixture.ts";

const keepsOld = failure["failure/broken-release-keeps-old"];
const recovers = failure["failure/recovers-after-failed-reload"];

test("a broken release under which the old one serves on keeps the old", () => {
  expect(keepsOld(troubled())).toMatchObject({
    outcome: "held",
    trials: 100,
    observed: "0 of 100 requests lost after 1 reloads to a release that fails to load; the main process stayed",
  });
});

test("a request lost while it was tried, an answer of it, or the end of the master breaks the rule", () => {
  const lost = troubled(rowsWith(1_500, 1_560, { outcome: "refused" }));
  expect(keepsOld(lost)).toMatchObject({ outcome: "violated", violations: 3, trials: 100 });
  expect(keepsOld(lost)).toMatchObject({ observed: expect.stringContaining("3 refused") });
  const served = troubled(rowsWith(1_500, 1_560, { generation: 2, worker: 150 }));
  expect(keepsOld(served)).toMatchObject({ outcome: "violated", violations: 3 });
  const gone = troubled(undefined, { observations: [mainPoll(2_900), STARTS] });
  expect(keepsOld(gone)).toMatchObject({
    outcome: "violated",
    observed: expect.stringContaining("the main process did not survive it"),
    evidence: [{ kind: "process", text: "the main process 1 is gone" }],
  });
});

test("a request that hangs since before a worker was killed is not the broken release's", () => {
  const hung = rowsWith(500, 520, { outcome: "hung", doneMs: 15_500 });
  const killed = { kind: "signal", name: "kill", atMs: 600, pid: 101, signal: "SIGKILL", delivered: true } as const;
  expect(keepsOld(troubled(hung, { observations: [mainPoll(), STARTS, killed] }))).toMatchObject({ outcome: "held" });
  // One that was sent to the stopped process just so.
  const stopped = { ...killed, signal: "SIGSTOP", atMs: 400 };
  expect(keepsOld(troubled(hung, { observations: [mainPoll(), STARTS, stopped] }))).toMatchObject({ outcome: "held" });
  const missed = { ...killed, delivered: false };
  expect(keepsOld(troubled(hung, { observations: [mainPoll(), STARTS, missed] }))).toMatchObject({
    outcome: "violated",
  });
});

test("a server that had served nobody before has nothing to keep, but may still go wrong", () => {
  const dead = rowsWith(0, GOOD_MS, { outcome: "connect-timeout" });
  expect(keepsOld(troubled(dead))).toMatchObject({
    outcome: "inconclusive",
    reason: "nobody was served in the 1000 ms before reload 1",
  });
  const gone = { observations: [mainPoll(2_900), STARTS] };
  expect(keepsOld(troubled(dead, gone))).toMatchObject({ outcome: "violated", violations: 1 });
  expect(keepsOld(troubled(rowsWith(20, GOOD_MS, { outcome: "connect-timeout" })))).toMatchObject({
    outcome: "violated",
  });
});

test("whoever waits until the old one is gone and the next one is there was not served", () => {
  expect(keepsOld(troubled(rowsWith(1_100, 2_600, { doneMs: 2_600 })))).toMatchObject({
    outcome: "violated",
    violations: 1,
    observed: expect.stringMatching(/nobody was served for up to 1[45]\d\d ms$/),
  });
});

test("a silence that may have been the generator's leaves it undecided", () => {
  const silent = troubled(rowsWith(1_100, 2_300, { doneMs: 2_300 }));
  // What a load knows of its own lateness is that it came, and not when.
  const loads = silent.loads.map((load) => ({ ...load, lateness: { ...load.lateness, max: 1_050 } }));
  const paused = (fromMs: number, toMs: number) => keepsOld({ ...silent, loads, pauses: [{ fromMs, toMs }] });
  expect(paused(1_200, 2_100)).toMatchObject({
    outcome: "inconclusive",
    reason: expect.stringContaining("the suite itself paused for 900 ms"),
  });
  // Only as much of it as lies there.
  expect(paused(100, 1_150).outcome).toBe("violated");
  expect(paused(2_400, 3_000).outcome).toBe("violated");
});

test("a silence that was the generator's hides no shorter one that was not", () => {
  const budget = { stallMs: 500, p99Ms: 500 };
  const pauses = [{ fromMs: 1_150, toMs: 1_850 }];
  const run = (nextMs: number) => {
    const rows = rowsWith(1_100, 1_900, { doneMs: 1_900 }).map((row) => {
      const { intendedMs = 0 } = row;
      return intendedMs >= 2_000 && intendedMs < nextMs ? { ...row, doneMs: nextMs } : row;
    });
    return keepsOld(troubled(rows, { pauses, target: { budget } }));
  };
  expect(run(2_000)).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("paused for 700 ms") });
  expect(run(2_600)).toMatchObject({ outcome: "violated", observed: expect.stringMatching(/for up to 6\d\d ms$/) });
});

test("a main process that was gone before can't have kept anything", () => {
  const before = troubled(undefined, { observations: [mainPoll(BROKEN_MS - 100), STARTS] });
  expect(keepsOld(before)).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("is gone") });
});

test("a request that is lost in the next reload is another rule's business", () => {
  expect(keepsOld(troubled(rowsWith(GOOD_MS, GOOD_MS + 60, { outcome: "refused" })))).toMatchObject({
    outcome: "held",
  });
});

test("a broken release that nobody tried to load decides nothing", () => {
  const still = { samples: SAMPLES.slice(0, 1), cpuSeconds: 1, peakPssBytes: 1 };
  const ignored = troubled(undefined, { observations: [mainPoll()], processes: still });
  expect(keepsOld(ignored)).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("no effect") });
  // Where the command that asks for it tells of the failure, that is an effect.
  const asked = (facts: ActionParts) =>
    keepsOld(
      troubled(undefined, {
        actions: [action({ ...BROKEN, ...facts }), GOOD],
        observations: [mainPoll()],
        processes: still,
      }),
    );
  expect(asked({ error: "exit code 1: cannot load the release", refused: true })).toMatchObject({ outcome: "held" });
  expect(asked({ output: "error: cannot load the release" })).toMatchObject({ outcome: "held" });
  // Who could not be asked has not failed, and who says nothing bad has not tried.
  expect(asked({ error: "expected to start ctl: ENOENT" })).toMatchObject({
    outcome: "inconclusive",
    reason: "reload 1 could not be asked for: expected to start ctl: ENOENT",
  });
  expect(asked({ output: "ok" })).toMatchObject({ outcome: "inconclusive" });
  expect(keepsOld(troubled(undefined, { actions: [GOOD] }))).toMatchObject({ outcome: "inconclusive" });
  expect(keepsOld(troubled(undefined, { loads: [] }))).toMatchObject({ outcome: "inconclusive" });
});

test("a good release that serves after a broken one has recovered", () => {
  expect(recovers(troubled())).toMatchObject({ outcome: "held", trials: 1 });
  const hung = { ...BROKEN, index: 3, startedMs: 5_000, release: "hang" as const, generation: 4 };
  const again = action({ index: 4, startedMs: 7_000, generation: 5 });
  expect(recovers(troubled(undefined, { actions: [BROKEN, GOOD, hung, again] }))).toMatchObject({ trials: 2 });
});

test("a good release that never serves has not", () => {
  const ignored = action({ index: 2, startedMs: GOOD_MS, generation: 3, servedMs: undefined, settledMs: undefined });
  expect(recovers(troubled(undefined, { actions: [BROKEN, ignored] }))).toMatchObject({
    outcome: "violated",
    observed: "0 of 1 good releases served after a reload that failed",
    evidence: [{ kind: "action", text: expect.stringContaining("reload 2, to generation 3, after reload 1 (fail)") }],
  });
});

test("a reload that can't be asked for is the target's fault only if its main process is gone", () => {
  const unasked = {
    ...action({ startedMs: GOOD_MS, servedMs: undefined, settledMs: undefined }),
    error: "no such pid",
  };
  expect(recovers(troubled(undefined, { actions: [BROKEN, unasked] }))).toMatchObject({ outcome: "inconclusive" });
  expect(
    recovers(troubled(undefined, { actions: [BROKEN, unasked], observations: [mainPoll(BROKEN_MS + 100)] })),
  ).toMatchObject({ outcome: "violated" });
});

test("a good reload that is refused has not recovered", () => {
  const facts = {
    startedMs: GOOD_MS,
    servedMs: undefined,
    error: "exit code 1: a reload is under way",
    refused: true,
  } as const;
  expect(recovers(troubled(undefined, { actions: [BROKEN, action({ index: 2, ...facts })] }))).toMatchObject({
    outcome: "violated",
    evidence: [{ text: expect.stringContaining("a reload is under way") }],
  });
});

test("a good reload that is refused for what the suite broke off itself decides nothing", () => {
  const brokenOff = { ...BROKEN, error: "it was ended after 15000 ms" };
  const refused = action({ index: 2, startedMs: GOOD_MS, servedMs: undefined, error: "exit code 1", refused: true });
  expect(recovers(troubled(undefined, { actions: [brokenOff, refused] }))).toMatchObject({
    outcome: "inconclusive",
    reason: "reload 1 could not be asked for: it was ended after 15000 ms; and reload 2 was refused: exit code 1",
  });
});

test("a failing reload without effect leaves nothing to recover from", () => {
  const still = { samples: SAMPLES.slice(0, 1), cpuSeconds: 1, peakPssBytes: 1 };
  const after = (broken: ActionParts, observations: readonly Observation[] = []) =>
    recovers(
      troubled(undefined, {
        actions: [action({ ...BROKEN, ...broken }), GOOD],
        observations: [mainPoll(), ...observations],
        processes: still,
      }),
    );
  expect(after({})).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("no effect") });
  expect(after({ error: "no such pid" })).toMatchObject({ outcome: "inconclusive" });
  expect(after({}, [STARTS])).toMatchObject({ outcome: "held" });
  // A server that swallows an invalid configuration starts new workers as for any other.
  expect(after({ release: "bad-config" }, [STARTS])).toMatchObject({ outcome: "inconclusive" });
  expect(after({ release: "bad-config", error: "exit code 1", refused: true })).toMatchObject({ outcome: "held" });
  const told = { kind: "log-lines", name: "after-bad-config-1", atMs: 2_900, lines: ["error: unknown key"] } as const;
  expect(after({ release: "bad-config" }, [told])).toMatchObject({ outcome: "held" });
  // What could not be seen of one hides nothing of the other.
  const stuck = [
    { ...BROKEN, error: "no such pid" },
    GOOD,
    { ...BROKEN, index: 3, startedMs: 5_000, error: "exit code 1", refused: true as const },
    action({ index: 4, startedMs: 7_000, servedMs: undefined }),
  ];
  const replay = (actions: readonly ActionRecord[]) =>
    recovers(troubled(undefined, { actions, observations: [mainPoll()], processes: still }));
  expect(replay(stuck)).toMatchObject({ outcome: "violated", trials: 1 });
  expect(replay(stuck.with(3, action({ index: 4, startedMs: 7_000 })))).toMatchObject({ outcome: "inconclusive" });
  // One of several in a row is enough.
  const twice = [BROKEN, { ...BROKEN, index: 2, startedMs: 2_500 }, { ...GOOD, index: 3 }];
  expect(recovers(troubled(undefined, { actions: twice, observations: [mainPoll()] }))).toMatchObject({
    outcome: "held",
  });
});

test("without a failed reload, or without a good one after it, there is nothing to recover from", () => {
  for (const actions of [[GOOD], [BROKEN], [GOOD, BROKEN], []]) {
    expect(recovers(history({ actions }))).toMatchObject({ outcome: "inconclusive" });
  }
});
