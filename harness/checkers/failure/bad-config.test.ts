import { expect, test } from "vitest";
import type { Observation } from "../../spec/observation.ts";
import { failure } from "./failure.ts";
import { BROKEN, GOOD, mainPoll, rowsWith, troubled } from "./failure-fixture.ts";

const refused = failure["failure/bad-config-refused"];

const INVALID = { ...BROKEN, release: "bad-config" as const };
const STARTED = "2026-11-22T10:00:00Z info started, nothing unexpected";

const lines = (name: string, atMs: number, ...said: string[]): Observation => ({
  kind: "log-lines",
  name,
  atMs,
  lines: [STARTED, ...said],
});
const BEFORE = lines("before-bad-config-1", 900);
const TOLD = lines("after-bad-config-1", 2_900, `{"level":"error","msg":"stack.yaml:3:5: wrokers: unknown key"}`);

function broken(observations: readonly Observation[] = [BEFORE, TOLD], rows?: Parameters<typeof troubled>[0]) {
  return troubled(rows, { actions: [INVALID, GOOD], observations: [mainPoll(), ...observations] });
}

test("an invalid configuration that is refused in the log is reported", () => {
  expect(refused(broken())).toMatchObject({
    outcome: "held",
    trials: 100 + 1,
    observed:
      '1 of 1 invalid configurations reported; "stack.yaml:3:5: wrokers: unknown key"; 0 of 100 requests lost meanwhile',
  });
});

test("the error of the command that reads it is a report as well", () => {
  const told = { ...INVALID, error: "exit code 1: stack.yaml is not sound", refused: true } as const;
  expect(refused(troubled(undefined, { actions: [told, GOOD], observations: [mainPoll()] }))).toMatchObject({
    outcome: "held",
  });
});

test("one that could not be asked to read it has refused nothing", () => {
  const unasked = { ...INVALID, error: "expected to start ctl: ENOENT" };
  const replay = (observations: readonly Observation[], rows?: Parameters<typeof troubled>[0]) =>
    refused(troubled(rows, { actions: [unasked, GOOD], observations }));
  expect(replay([mainPoll(), BEFORE])).toMatchObject({
    outcome: "inconclusive",
    reason: "reload 1 could not be asked for: expected to start ctl: ENOENT",
  });
  // It was read all the same, or it ended the one that should have been asked.
  expect(replay([mainPoll(), BEFORE, TOLD])).toMatchObject({ outcome: "held" });
  expect(replay([mainPoll(1_700), BEFORE])).toMatchObject({ outcome: "violated" });
  // The good reload after it may well put another in its place.
  expect(replay([mainPoll(3_500), BEFORE, TOLD])).toMatchObject({ outcome: "held" });
});

test("one way that could not be asked for hides nothing of the others", () => {
  const second = { ...INVALID, index: 2, startedMs: 2_000, error: "expected to start ctl: ENOENT" };
  const replay = (rows?: Parameters<typeof troubled>[0]) =>
    refused(
      troubled(rows, { actions: [INVALID, second, { ...GOOD, index: 3 }], observations: [mainPoll(), BEFORE, TOLD] }),
    );
  expect(replay()).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("reload 2") });
  expect(replay(rowsWith(1_500, 1_540, { outcome: "refused" }))).toMatchObject({ outcome: "violated", violations: 2 });
});

test("saying nothing of it, or nothing bad, is no report", () => {
  // What was said before does not count.
  for (const after of [lines("after-bad-config-1", 2_900), lines("after-bad-config-1", 2_900, "reload done")]) {
    expect(refused(broken([BEFORE, after]))).toMatchObject({
      outcome: "violated",
      violations: 1,
      observed: expect.stringContaining("0 of 1 invalid configurations reported"),
    });
  }
});

test("a warning that was given in peace as well does not tell of it", () => {
  const warned = (pid: number): string => `[warn] [pid ${pid}] could not determine the server's name, using 127.0.0.1`;
  const before = lines("before-bad-config-1", 900, warned(11));
  const after = (...said: string[]) => lines("after-bad-config-1", 2_900, warned(11), warned(12), ...said);
  expect(refused(broken([before, after()]))).toMatchObject({
    outcome: "violated",
    observed: expect.stringContaining("0 of 1 invalid configurations reported"),
  });
  expect(refused(broken([before, after("syntax error in line 3")]))).toMatchObject({ outcome: "held" });
  // The same complaint once more, of the second way to read it.
  const syntax = "syntax error in line 3";
  const once = lines("after-bad-config-1", 1_900, syntax);
  const twice = lines("after-bad-config-2", 2_900, syntax, syntax);
  const actions = [INVALID, { ...INVALID, index: 2, startedMs: 2_000 }, { ...GOOD, index: 3 }];
  expect(refused(troubled(undefined, { actions, observations: [mainPoll(), BEFORE, once, twice] }))).toMatchObject({
    outcome: "held",
    observed: expect.stringContaining("2 of 2 invalid configurations reported"),
  });
});

test("losses, the end of the main process, and taking it up break the rule though it was reported", () => {
  const lost = rowsWith(1_500, 1_540, { outcome: "refused" });
  expect(refused(broken(undefined, lost))).toMatchObject({ outcome: "violated", violations: 2 });
  const served = rowsWith(1_500, 1_540, { generation: 2 });
  expect(refused(broken(undefined, served))).toMatchObject({ outcome: "violated", violations: 2 });
  const gone = troubled(undefined, { actions: [INVALID, GOOD], observations: [mainPoll(1_700), BEFORE, TOLD] });
  expect(refused(gone)).toMatchObject({ outcome: "violated", violations: 1 });
});

test("a server that had served nobody before, since the first way to read it perhaps, has lost nobody by it", () => {
  const dead = rowsWith(0, 2_990, { outcome: "refused" });
  expect(refused(broken(undefined, dead))).toMatchObject({
    outcome: "inconclusive",
    reason: expect.stringContaining("before reload 1"),
  });
});

test("without an invalid configuration, or requests while it was there, nothing is decided", () => {
  expect(refused(troubled(undefined, { actions: [GOOD] }))).toMatchObject({ outcome: "inconclusive" });
  expect(refused(troubled(undefined, { actions: [INVALID], loads: [] }))).toMatchObject({ outcome: "inconclusive" });
});
