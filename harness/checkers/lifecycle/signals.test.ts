import { describe, expect, it } from "vitest";
import type { History } from "../../spec/history.ts";
import type { Observation } from "../../spec/observation.ts";
import { action, history, type HistoryParts, load, rowOf, sample } from "../testing/history-fixture.ts";
import { episodesOf, lossesIn } from "../episodes.ts";
import { signals } from "./signals.ts";

const episode = (name: string, startedMs = 900, endedMs = 3_000): Observation => ({
  kind: "episode",
  name,
  startedMs,
  endedMs,
});
const pids = (...known: number[]) =>
  known.map((pid) => ({ pid, ppid: 1, group: 1, startTicks: 1_000, command: "worker" }));
const look = (name: string, atMs: number, ...known: number[]): Observation => ({
  kind: "processes",
  name,
  atMs,
  mainPid: 1,
  processes: pids(...known),
});
const quiet = (generation = 3) =>
  load(
    Array.from({ length: 100 }, (_, index) => ({ intendedMs: index * 40, generation: index < 25 ? 1 : generation })),
  );
const lossy = load(
  Array.from({ length: 100 }, (_, index) => ({
    intendedMs: index * 40,
    generation: 3,
    ...(index === 30 && { outcome: "reset-before-answer-fresh" as const, generation: 0 }),
  })),
);
const given = (observations: readonly Observation[], parts: HistoryParts = {}): History =>
  history({ loads: [quiet()], observations, ...parts });

describe("lifecycle/no-signal-lost", () => {
  const check = signals["lifecycle/no-signal-lost"];
  const first = action({ servedMs: undefined, settledMs: undefined });
  const second = action({ index: 2, startedMs: 1_050, generation: 3, servedMs: 1_400 });
  const lost = action({ index: 2, startedMs: 1_050, generation: 4, servedMs: undefined });

  it("holds where the second reload of a pair served", () => {
    expect(check(given([episode("pair")], { actions: [first, second] }))).toMatchObject({ outcome: "held", trials: 1 });
  });

  it("is violated where it did not come to serve", () => {
    expect(check(given([episode("pair")], { actions: [first, lost] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      observed: expect.stringContaining("1 of 1 second reloads lost, asked for 50 ms"),
    });
  });

  it("is violated where both were lost, though reloads work otherwise", () => {
    const earlier = action({ startedMs: 100 });
    const both = [earlier, action({ index: 2, generation: 3, servedMs: undefined }), { ...lost, index: 3 }];
    expect(check(given([episode("pair")], { actions: both, loads: [quiet(2)] }))).toMatchObject({
      outcome: "violated",
    });
  });

  it("decides nothing without pairs, with half a pair, if a reload could not be asked for or had no effect", () => {
    expect(check(given([])).outcome).toBe("inconclusive");
    expect(check(given([episode("pair")], { actions: [first] })).outcome).toBe("inconclusive");
    expect(check(given([episode("pair")], { actions: [first, { ...lost, error: "gone" }] })).outcome).toBe(
      "inconclusive",
    );
    expect(check(given([episode("pair")], { actions: [first, lost], loads: [quiet(1)] })).outcome).toBe("inconclusive");
  });
});

describe("lifecycle/storm-coalesces", () => {
  const check = signals["lifecycle/storm-coalesces"];
  const reloads = (servedMs?: number) =>
    Array.from({ length: 20 }, (_, index) =>
      action({
        index: index + 1,
        startedMs: 1_000 + index * 10,
        generation: index + 2,
        servedMs: index === 19 ? servedMs : undefined,
        settledMs: undefined,
      }),
    );
  const storm = (peak: number, parts: HistoryParts = {}) =>
    given([look("base", 800, 1, 100, 101), episode("storm")], {
      actions: reloads(1_700),
      processes: {
        cpuSeconds: 1,
        peakPssBytes: 1,
        samples: [
          sample(800, pids(1, 100, 101)),
          sample(1_200, pids(...Array.from({ length: peak }, (_, n) => n + 1))),
        ],
      },
      ...parts,
    });

  it("is violated where nobody is left who could be asked, but not by what ended before", () => {
    const gone = (atMs: number) => ({
      cpuSeconds: 1,
      peakPssBytes: 1,
      samples: [sample(100, pids(1, 100, 101)), sample(atMs, [])],
    });
    const error = "expected the started process 1 to run, but it is gone";
    const actions = reloads().map((one, index) => (index < 9 ? one : { ...one, error }));
    expect(check(storm(9, { actions, processes: gone(1_100) }))).toMatchObject({ outcome: "violated" });
    expect(check(storm(9, { actions, processes: gone(850) }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("could not be asked for"),
    });
  });

  it("holds where the last one serves and the processes stay under the cap", () => {
    expect(check(storm(9))).toMatchObject({
      outcome: "held",
      observed: expect.stringContaining("at most 9 processes"),
    });
  });

  it("is violated by a process beyond the cap, a last generation that never serves, a lost request", () => {
    expect(check(storm(11))).toMatchObject({ outcome: "violated", violations: 2 });
    expect(check(storm(9, { actions: reloads() }))).toMatchObject({
      outcome: "violated",
      observed: expect.stringContaining("the last generation never served"),
    });
    expect(check(storm(9, { loads: [lossy] }))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing without a storm, without load, or where no reload had an effect", () => {
    expect(check(given([])).outcome).toBe("inconclusive");
    expect(check(storm(9, { loads: [] })).outcome).toBe("inconclusive");
    expect(check(storm(9, { actions: reloads(), loads: [quiet(1)] })).outcome).toBe("inconclusive");
  });
});

describe("lifecycle/reopen-restarts-nothing", () => {
  const check = signals["lifecycle/reopen-restarts-nothing"];
  const reopen = action({ kind: "reopen", startedMs: 1_000 });
  const looks = (...after: number[]) => [
    look("before-reopen", 800, 1, 100, 101),
    look("after-reopen", 2_000, ...after),
    episode("reopen"),
  ];

  it("holds where the processes are the same", () => {
    expect(check(given(looks(1, 100, 101), { actions: [reopen] }))).toMatchObject({ outcome: "held" });
  });

  it("is violated by a worker that was replaced, one that is gone, and a lost request", () => {
    expect(check(given(looks(1, 100, 102), { actions: [reopen] }))).toMatchObject({
      outcome: "violated",
      violations: 2,
    });
    expect(check(given(looks(1, 100), { actions: [reopen] }))).toMatchObject({ outcome: "violated", violations: 1 });
    expect(check(given(looks(1, 100, 101), { actions: [reopen], loads: [lossy] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
  });

  it("decides nothing if nothing was reopened, and is not supported without the action", () => {
    expect(check(given(looks(1, 100, 101))).outcome).toBe("inconclusive");
    expect(check(given(looks(1, 100, 101), { actions: [{ ...reopen, error: "exit status 1" }] })).outcome).toBe(
      "inconclusive",
    );
    expect(check(given([], { target: { actions: ["reload"] } })).outcome).toBe("unsupported");
  });
});

describe("lifecycle/group-signal-safe", () => {
  const check = signals["lifecycle/group-signal-safe"];
  const sent = (delivered = true): Observation => ({
    kind: "signal",
    name: "group",
    atMs: 1_000,
    pid: -1,
    signal: "SIGHUP",
    delivered,
  });
  const held = (outcome: "ok" | "reset-before-answer-fresh") => ({
    row: rowOf({ id: "held", intendedMs: 950, doneMs: 1_310, outcome }),
    door: "front" as const,
    enteredMs: 960,
    releasedMs: 1_300,
    action: 1,
  });
  const group = (parts: HistoryParts = {}) =>
    given([sent(), episode("group")], { actions: [action()], held: [held("ok")], ...parts });

  it("holds where the request in flight completes and the new generation serves", () => {
    expect(check(group())).toMatchObject({ outcome: "held" });
  });

  it("is violated by a cut or lost request, and by a generation that never serves", () => {
    expect(check(group({ held: [held("reset-before-answer-fresh")] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      observed: expect.stringContaining("1 held ones cut"),
    });
    expect(check(group({ loads: [lossy] }))).toMatchObject({ outcome: "violated", violations: 1 });
    expect(check(group({ actions: [action({ servedMs: undefined })] }))).toMatchObject({ outcome: "violated" });
  });

  it("is not supported where there is no such signal or no such group, and undecided if none was sent", () => {
    const { reloadSignal: _, ...without } = group().target;
    expect(check({ ...group(), target: without }).outcome).toBe("unsupported");
    expect(check(group({ observations: [sent(false), episode("group")] })).outcome).toBe("unsupported");
    expect(check(given([])).outcome).toBe("inconclusive");
    expect(check(group({ loads: [], held: [] })).outcome).toBe("inconclusive");
  });
});

describe("lifecycle/worker-count-signals", () => {
  const check = signals["lifecycle/worker-count-signals"];
  const actions = [action({ kind: "addWorker", startedMs: 1_000 }), action({ kind: "removeWorker", startedMs: 1_500 })];
  const resize = (more: readonly number[], fewer: readonly number[], parts: HistoryParts = {}) =>
    given(
      [
        look("before-add", 900, 1, 100, 101),
        look("after-add", 1_400, ...more),
        look("after-remove", 2_000, ...fewer),
        episode("resize"),
      ],
      { actions, ...parts },
    );

  it("holds where one came and one went, whichever it was", () => {
    expect(check(resize([1, 100, 101, 102], [1, 101, 102]))).toMatchObject({
      outcome: "held",
      observed: expect.stringContaining("3-4-3"),
    });
  });

  it("is violated where none or two came, one was replaced, none or two went, or a request was lost", () => {
    const outcomes = [
      check(resize([1, 100, 101], [1, 100])),
      check(resize([1, 100, 101, 102, 103], [1, 100, 101])),
      check(resize([1, 100, 102, 103], [1, 100, 102])),
      check(resize([1, 100, 101, 102], [1, 100, 101, 102])),
      check(resize([1, 100, 101, 102], [1, 100])),
      check(resize([1, 100, 101, 102], [1, 100, 101], { loads: [lossy] })),
    ].map(({ outcome }) => outcome);
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => "violated"));
  });

  it("does not answer for what the next episode cut", () => {
    const looks = [
      look("before-add", 900, 1, 100),
      look("after-add", 1_400, 1, 100, 101),
      look("after-remove", 2_000, 1, 100),
    ];
    const cut = load([{}, { intendedMs: 2_980, doneMs: 3_050, outcome: "reset-before-answer-fresh" }]);
    const next = [episode("resize"), episode("group", 3_001, 4_000)];
    const parts = { actions, loads: [cut, quiet()] };
    expect(check(given([...looks, ...next], parts)).outcome).toBe("held");
    expect(check(given([...looks, ...next.slice(0, 1)], parts)).outcome).toBe("violated");
  });

  it("answers for what began to hang in it, though our deadline for that came in the next episode", () => {
    const looks = [
      look("before-add", 900, 1, 100),
      look("after-add", 1_400, 1, 100, 101),
      look("after-remove", 2_000, 1, 100),
    ];
    const hung = load([{}, { intendedMs: 1_500, doneMs: 16_500, outcome: "hung" }]);
    const history = given([...looks, episode("resize"), episode("group", 16_000, 17_000)], {
      actions: [...actions, action({ startedMs: 16_100 })],
      loads: [hung, quiet()],
    });
    expect(check(history)).toMatchObject({ outcome: "violated", violations: 1 });
    expect(lossesIn(history, episodesOf(history, "group"))).toEqual([]);
  });

  it("decides nothing if nothing was asked, and is not supported without the actions", () => {
    expect(check(given([])).outcome).toBe("inconclusive");
    expect(check(resize([1, 100, 101, 102], [1, 100, 101], { loads: [] })).outcome).toBe("inconclusive");
    expect(check(given([], { target: { actions: ["addWorker"] } })).outcome).toBe("unsupported");
  });
});
