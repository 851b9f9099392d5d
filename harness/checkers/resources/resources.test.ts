import { describe, expect, it } from "vitest";
import { action, history, type HistoryParts, load, rowOf, sample } from "../testing/history-fixture.ts";
import { freshLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";
import { resources } from "./resources.ts";

describe("resources/no-zombies", () => {
  const check = resources["resources/no-zombies"];
  const base = sample(0, [{ pid: 1 }, { pid: 100 }]);
  const withSamples = (...samples: ReturnType<typeof sample>[]) =>
    soundReload({ processes: { samples, cpuSeconds: 0, peakPssBytes: 0 } });

  it("holds where the count is back at its base", () => {
    expect(check(soundReload())).toMatchObject({ outcome: "held" });
  });

  it("is violated by a zombie", () => {
    const finding = check(withSamples(base, sample(9_000, [{ pid: 1 }, { pid: 100, state: "Z" }])));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("does not count a zombie of before as a place for another process", () => {
    const zombie = sample(0, [{ pid: 1 }, { pid: 100 }, { pid: 101, state: "Z" }]);
    const later = sample(9_000, [{ pid: 1 }, { pid: 200 }, { pid: 201 }]);
    expect(check(withSamples(zombie, later))).toMatchObject({ outcome: "violated", violations: 1 });
    expect(check(withSamples(zombie, sample(9_000, [{ pid: 1 }, { pid: 200 }]))).outcome).toBe("held");
  });

  it("is violated by one process more than before, and names it", () => {
    const finding = check(
      withSamples(base, sample(9_000, [{ pid: 1 }, { pid: 200 }, { pid: 201, command: "left over" }])),
    );
    expect(finding.outcome === "violated" && finding.evidence.map(({ text }) => text).join()).toContain("left over");
  });

  it("waits for the last of several reloads only, for it settles when all older processes are gone", () => {
    const [first, second] = [
      action({ settledMs: undefined }),
      action({ index: 2, startedMs: 1_100, settledMs: 1_600 }),
    ];
    expect(check(soundReload({ actions: [first, second] })).outcome).toBe("held");
    expect(check(soundReload({ actions: [second, first] })).outcome).toBe("inconclusive");
  });

  it("decides nothing if the reload had no effect or could not be asked for", () => {
    const stale = freshLoad(rowsAroundReload((row) => ({ ...row, generation: 1, worker: 100 })));
    const samples = [base, sample(9_000, [{ pid: 1 }, { pid: 100 }])];
    const actions = [action({ servedMs: undefined, settledMs: undefined })];
    const idle = { loads: [stale], actions, processes: { samples, cpuSeconds: 0, peakPssBytes: 0 } };
    expect(check(soundReload(idle))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("no effect"),
    });
    expect(check(soundReload({ actions: [action({ error: "no such process" })] })).outcome).toBe("inconclusive");
  });

  it("goes by the reloads that were not refused", () => {
    const refused = action({ index: 2, startedMs: 1_050, settledMs: undefined, error: "busy", refused: true });
    expect(check(soundReload({ actions: [action(), refused] })).outcome).toBe("held");
    expect(check(soundReload({ actions: [refused] })).outcome).toBe("inconclusive");
  });

  it("decides nothing without a reload or without a look after it", () => {
    expect(check(soundReload({ actions: [] })).outcome).toBe("inconclusive");
    expect(check(withSamples(base)).outcome).toBe("inconclusive");
  });
});

describe("resources/generations-capped", () => {
  const check = resources["resources/generations-capped"];
  const asked = (count = 10) =>
    Array.from({ length: count }, (_, index) =>
      action({ index: index + 1, startedMs: 1_000 + index * 100, generation: index + 2 }),
    );
  /** Ten requests held by the workers 101 to 110, of generation 1 to 10; the last generation is answered by 111. */
  const pinned = (parts: HistoryParts = {}, alive: readonly number[] = [101, 102, 110, 111]) =>
    history({
      loads: [load([{ worker: 111, generation: 11, doneMs: 3_050 }])],
      actions: asked(),
      held: Array.from({ length: 10 }, (_, index) => ({
        row: rowOf({ id: `held${index}`, worker: 101 + index, generation: index + 1 }),
        door: "front" as const,
        enteredMs: 900 + index * 100,
        releasedMs: 3_000,
        action: index + 1,
      })),
      processes: {
        cpuSeconds: 1,
        peakPssBytes: 1,
        samples: [
          sample(
            2_500,
            alive.map((pid) => ({ pid })),
          ),
        ],
      },
      ...parts,
    });

  it("holds where few generations are alive at a time", () => {
    expect(check(pinned())).toMatchObject({ outcome: "held", trials: 10 });
  });

  it("is violated where they pile up, and names them; zombies do not count", () => {
    const all = Array.from({ length: 11 }, (_, index) => 101 + index);
    const finding = check(pinned({}, all));
    expect(finding).toMatchObject({ outcome: "violated", violations: 6 });
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toBe("generation 1: pid 101");
    const zombies = sample(
      2_500,
      all.map((pid) => ({ pid, state: pid < 108 ? "Z" : "S" })),
    );
    const processes = { cpuSeconds: 1, peakPssBytes: 1, samples: [zombies] };
    expect(check(pinned({ processes })).outcome).toBe("held");
  });

  it("decides nothing with too few reloads or requests held, or where the last had no effect", () => {
    expect(check(pinned({ actions: asked(9) })).outcome).toBe("inconclusive");
    expect(check(pinned({ held: [] })).outcome).toBe("inconclusive");
    expect(check(pinned({ loads: [] })).outcome).toBe("inconclusive");
    expect(check(pinned({ actions: [...asked(9), action({ index: 10, error: "gone" })] })).outcome).toBe(
      "inconclusive",
    );
    expect(check(pinned({}, [])).outcome).toBe("inconclusive");
  });

  it("holds where nobody accepts while others drain, so that few requests are held", () => {
    const [first, ...others] = pinned().held;
    const outside = others.map((one) => ({ ...one, enteredMs: Number.NaN, row: rowOf({ outcome: "hung" as const }) }));
    expect(check(pinned({ held: [...(first ? [first] : []), ...outside] }))).toMatchObject({ outcome: "held" });
    expect(check(pinned({ held: outside })).outcome).toBe("inconclusive");
  });

  it("holds where a reload is refused while earlier ones drain, unless too many were let in before", () => {
    const refused = (index: number) => action({ index, error: "another one is under way", refused: true });
    const actions = [...asked(3), refused(4)];
    const few = { actions, loads: [load([{ worker: 104, generation: 4, doneMs: 3_050 }])] };
    expect(check(pinned(few, [101, 102, 103, 104]))).toMatchObject({
      outcome: "held",
      trials: 3,
      observed: expect.stringContaining("reload 4 refused"),
    });
    const many = Array.from({ length: 9 }, (_, index) => 101 + index);
    expect(check(pinned({ actions: [...asked(9), refused(10)] }, many)).outcome).toBe("violated");
    expect(check(pinned({ actions: [refused(1)] })).outcome).toBe("inconclusive");
    // What was taken up before the refusal has to have been seen.
    expect(check(pinned({ ...few, loads: [], held: [] }, [101])).outcome).toBe("inconclusive");
  });

  // Signals that come before a slow boot is done melt into one: few generations, and no bound on them.
  it("decides nothing where a reload still waiting had less time than those before it took", () => {
    const takenUp = (reload: number, afterMs: number) => ({
      kind: "exchange" as const,
      name: "taken-up",
      door: "front" as const,
      row: rowOf({ generation: reload + 1, doneMs: 900 + reload * 100 + afterMs }),
      body: "",
    });
    const quick = [1, 2, 3].map((reload) => takenUp(reload, 90));
    expect(check(pinned({ observations: quick })).outcome).toBe("held");
    const slow = [1, 2, 3].map((reload) => takenUp(reload, 700));
    expect(check(pinned({ observations: slow }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("reload 4 was given 1700 ms, and others took up to 700 ms"),
    });
    const after = [load([{ worker: 111, generation: 11, doneMs: 4_000 }])];
    expect(check(pinned({ loads: after }))).toMatchObject({ outcome: "inconclusive" });
  });
});

describe("resources/listener-not-inherited", () => {
  const check = resources["resources/listener-not-inherited"];
  const child = (...listeners: string[]) => ({
    kind: "listeners" as const,
    name: "child",
    atMs: 1_000,
    pid: 300,
    command: "sleep 120",
    descriptors: 3 + listeners.length,
    listeners,
  });

  it("holds where no program has a listening socket", () => {
    expect(check(history({ observations: [child(), child()] }))).toMatchObject({ outcome: "held", trials: 2 });
  });

  it("is violated where one has, and says which", () => {
    expect(check(history({ observations: [child(), child("descriptor 3: 127.0.0.1:8080")] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      observed: expect.stringContaining("127.0.0.1:8080"),
    });
  });

  it("decides nothing if no program was found", () => {
    expect(check(history()).outcome).toBe("inconclusive");
    // As of one that is about to end.
    expect(check(history({ observations: [{ ...child(), descriptors: 0 }] })).outcome).toBe("inconclusive");
  });
});
