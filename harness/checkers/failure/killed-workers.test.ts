import { expect, test } from "vitest";
import { failure } from "./failure.ts";
import { BYSTANDER, DEATH, KILL_MS, rowsWith, stream, troubled, VICTIM } from "./failure-fixture.ts";
import { action, load } from "../testing/history-fixture.ts";

const costsItsOwn = failure["failure/killed-worker-costs-its-own"];

test("requests in hand of the killed worker may be lost, if their clients are told", () => {
  // Stopped at 5,000 ms, killed at 5,200, seen to be gone at 5,240.
  const rows = rowsWith(4_980, 5_040, { outcome: "reset-before-answer-reused", doneMs: KILL_MS + 10 });
  expect(costsItsOwn(troubled(rows))).toMatchObject({
    outcome: "held",
    trials: 200 + 1,
    observed: expect.stringMatching(/^1 workers killed; 3 requests lost that one of them may have had in hand/),
  });
});

test("a request lost that was sent after it was gone was nobody's", () => {
  const rows = rowsWith(5_400, 5_440, { outcome: "reset-before-answer-fresh" });
  expect(costsItsOwn(troubled(rows))).toMatchObject({
    outcome: "violated",
    violations: 2,
    observed: expect.stringContaining("2 others of 200 lost or late (2 reset-before-answer-fresh)"),
  });
});

test("what the next reload loses is no work of the dead", () => {
  const rows = rowsWith(6_100, 6_140, { outcome: "refused" });
  const reload = action({ startedMs: 6_000, release: "fail" });
  expect(costsItsOwn(troubled(rows, { actions: [reload] }))).toMatchObject({ outcome: "held", trials: 50 + 1 });
});

test("a request answered late that was sent after it was gone has stalled", () => {
  const rows = rowsWith(5_400, 5_420, { doneMs: 6_900 });
  expect(costsItsOwn(troubled(rows))).toMatchObject({ outcome: "violated", violations: 1 });
});

test("nobody is late for what the suite did not see while it was paused", () => {
  const pauses = [{ fromMs: 5_500, toMs: 6_900 }];
  const late = rowsWith(5_400, 5_420, { doneMs: 6_900 });
  expect(costsItsOwn(troubled(late, { pauses }))).toMatchObject({ outcome: "held" });
  const untold = rowsWith(5_100, 5_120, { outcome: "reset-before-answer-fresh", doneMs: 6_900 });
  expect(costsItsOwn(troubled(untold))).toMatchObject({ outcome: "violated" });
  expect(costsItsOwn(troubled(untold, { pauses }))).toMatchObject({ outcome: "held" });
});

test("a request in hand that is never told anything hangs", () => {
  const rows = rowsWith(5_100, 5_120, { outcome: "hung", doneMs: 20_100 });
  expect(costsItsOwn(troubled(rows))).toMatchObject({
    outcome: "violated",
    violations: 1,
    observed: expect.stringContaining(
      "1 requests lost that one of them may have had in hand (1 hung), 1 of these not told",
    ),
  });
});

test("an answer of the killed worker has to end, one of another to be whole", () => {
  const seen = (streams: Parameters<typeof troubled>[1]) => costsItsOwn(troubled(undefined, streams));
  const open = seen({ observations: [...DEATH, stream(VICTIM)] });
  expect(open).toMatchObject({ outcome: "violated", evidence: [{ text: expect.stringContaining("no FIN, no RST") }] });
  const cut = seen({ observations: [...DEATH, stream(BYSTANDER, { endedMs: KILL_MS + 5 })] });
  expect(cut).toMatchObject({
    outcome: "violated",
    evidence: [{ text: expect.stringContaining("which nobody killed") }],
  });
  const whole = seen({ observations: [...DEATH, stream(BYSTANDER, { whole: true })] });
  expect(whole).toMatchObject({
    outcome: "held",
    observed: expect.stringContaining("0 of the killed, 1 of 1 others whole"),
  });
  // That the connection stays then, to a proxy in front, is as it should be.
  const before = seen({ observations: [...DEATH, stream(VICTIM, { whole: true })] });
  expect(before).toMatchObject({ outcome: "held", observed: expect.stringContaining("0 of the killed, 1 of 1") });
});

test("a death that did not happen, or that nobody sent requests after, decides nothing", () => {
  expect(costsItsOwn(troubled(undefined, { observations: [] }))).toMatchObject({ outcome: "inconclusive" });
  const missed = DEATH.map((one) => ({ ...one, delivered: false }));
  expect(costsItsOwn(troubled(undefined, { observations: missed }))).toMatchObject({ outcome: "inconclusive" });
  expect(costsItsOwn(troubled(undefined, { loads: [load([{ intendedMs: 10 }])] }))).toMatchObject({
    outcome: "inconclusive",
  });
});
