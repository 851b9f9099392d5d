import { describe, expect, test } from "vitest";
import { initialState, type Effect, type MasterEvent, type MasterState } from "./state.ts";
import type { StrategyName } from "./strategies/index.ts";
import { transition } from "./transition.ts";

/** Plays events and keeps the effects of the last one, as `spawn 3`; what is told is left out. */
class Play {
  state: MasterState;
  effects: readonly Effect[] = [];

  constructor(target = 2) {
    this.state = initialState(target);
    this.do({ kind: "start" });
  }

  do(event: MasterEvent): string[] {
    const { state, effects } = transition(this.state, event);
    this.state = state;
    this.effects = effects;
    return effects.flatMap((effect) =>
      effect.do === "tell" ? [] : [["worker", "cohort"].reduce((text, key) => text + tagOf(effect, key), effect.do)],
    );
  }

  told(): string[] {
    return this.effects.flatMap((effect) => (effect.do === "tell" ? [effect.event] : []));
  }

  boot(...workers: number[]): void {
    for (const worker of workers) this.do({ kind: "loaded", worker });
    for (const worker of workers) this.do({ kind: "ready", worker });
  }

  reload(strategy: StrategyName, cohort = 1, target = 2): string[] {
    this.do({ kind: "reload" });
    return this.do({ kind: "prepared", cohort, target, strategy });
  }

  exit(worker: number, settled = false): string[] {
    return this.do({ kind: "exited", worker, how: "exit status 1", settled });
  }
}

function tagOf(effect: Effect, key: string): string {
  const value = (effect as unknown as Readonly<Record<string, string | number | undefined>>)[key];
  return value === undefined || (key === "cohort" && effect.do === "spawn") ? "" : ` ${value}`;
}

function serving(target = 2): Play {
  const play = new Play(target);
  play.boot(...Array.from({ length: target }, (_, index) => index + 1));
  expect(play.state.mode.kind).toBe("serving");
  return play;
}

test("all-at-once admits nobody before all have loaded and drains nobody before all are ready", () => {
  const play = serving();
  expect(play.reload("all-at-once")).toEqual(["spawn 3", "spawn 4"]);
  expect(play.do({ kind: "loaded", worker: 3 })).toEqual([]);
  expect(play.do({ kind: "loaded", worker: 4 })).toEqual(["admit 3", "admit 4"]);
  expect(play.do({ kind: "ready", worker: 4 })).toEqual([]);
  expect(play.do({ kind: "ready", worker: 3 })).toEqual(["drain 1", "drain 2", "adopt 1"]);
});

describe("a reload that is in force", () => {
  const inForce = (): Play => {
    const play = serving();
    play.reload("all-at-once");
    play.boot(3, 4);
    expect(play.state).toMatchObject({ mode: { kind: "serving" }, current: 1 });
    expect(play.told()).toEqual([]);
    return play;
  };

  test("is told of when no old worker accepts any more", () => {
    const play = inForce();
    play.do({ kind: "closed", worker: 2 });
    expect(play.told()).toEqual([]);
    play.do({ kind: "closed", worker: 1 });
    expect(play.told()).toEqual(["reload-done"]);
    play.exit(1);
    expect(play.told()).toEqual(["worker-left"]);
  });

  test("is told of when an old worker that could not be reached is gone", () => {
    const play = inForce();
    play.do({ kind: "closed", worker: 1 });
    expect(play.do({ kind: "expired", worker: 2, limit: "silence" })).toEqual(["kill 2"]);
    expect(play.told()).toEqual(["worker-killed"]);
    play.exit(2);
    expect(play.told()).toEqual(["worker-left", "reload-done"]);
  });

  test("is told of before the next one begins, which counts as queued", () => {
    const play = inForce();
    expect(play.do({ kind: "reload" })).toEqual([]);
    expect(play.told()).toEqual(["reload-queued"]);
    play.exit(1);
    expect(play.do({ kind: "closed", worker: 2 })).toEqual(["prepare"]);
    expect(play.told()).toEqual(["reload-done"]);
  });

  test("is not taken back where a new worker dies before that", () => {
    const play = inForce();
    expect(play.exit(3)).toEqual(["spawn 5"]);
    expect(play.state.workers.find(({ id }) => id === 5)?.cohort).toBe(1);
  });

  test("is told of even if the stop comes first", () => {
    const play = inForce();
    play.do({ kind: "stop", quick: true, status: 0 });
    play.exit(1);
    play.exit(2);
    expect(play.told()).toEqual(["worker-left", "reload-done"]);
  });
});

test("rolling replaces one by one", () => {
  const play = serving();
  expect(play.reload("rolling")).toEqual(["spawn 3"]);
  expect(play.do({ kind: "loaded", worker: 3 })).toEqual(["admit 3"]);
  expect(play.do({ kind: "ready", worker: 3 })).toEqual(["drain 1", "spawn 4"]);
  play.do({ kind: "loaded", worker: 4 });
  expect(play.do({ kind: "ready", worker: 4 })).toEqual(["drain 2", "adopt 1"]);
});

test("rolling that fails half-way returns to the old cohort", () => {
  const play = serving();
  play.reload("rolling");
  play.boot(3);
  expect(play.exit(4)).toEqual(["drain 3", "discard 1", "spawn 5"]);
  expect(play.state.workers.find(({ id }) => id === 5)?.cohort).toBe(0);
});

test("restart closes, empties, opens, starts", () => {
  const play = serving();
  expect(play.reload("restart")).toEqual(["close-listener", "drain 1", "drain 2"]);
  expect(play.exit(1)).toEqual([]);
  expect(play.exit(2)).toEqual(["open-listener", "spawn 3", "spawn 4"]);
  play.boot(3);
  play.do({ kind: "loaded", worker: 4 });
  expect(play.do({ kind: "ready", worker: 4 })).toEqual(["adopt 1"]);
});

describe("a reload that fails", () => {
  test.each(["all-at-once", "rolling"] as const)("%s: the old ones stay, the new ones go", (strategy) => {
    const play = serving();
    play.reload(strategy);
    expect(play.exit(3)).not.toContain("drain 1");
    expect(play.told()).toContain("reload-failed");
    expect(play.state.mode.kind).toBe("serving");
    expect(play.state.current).toBe(0);
  });

  test("a boot that takes too long starts no further worker", () => {
    const play = serving();
    play.reload("all-at-once");
    expect(play.do({ kind: "expired", worker: 3, limit: "boot" })).toEqual(["kill 3", "kill 4", "discard 1"]);
  });

  test("a refused configuration changes nothing", () => {
    const play = serving();
    expect(play.do({ kind: "reload" })).toEqual(["prepare"]);
    expect(play.do({ kind: "refused", reason: "x" })).toEqual([]);
    expect(play.told()).toEqual(["reload-failed"]);
  });
});

test("reloads asked for during a reload become one more", () => {
  const play = serving();
  play.reload("all-at-once");
  for (let index = 0; index < 20; index++) expect(play.do({ kind: "reload" })).toEqual([]);
  for (const worker of [3, 4]) play.do({ kind: "loaded", worker });
  play.do({ kind: "ready", worker: 3 });
  expect(play.do({ kind: "ready", worker: 4 })).toEqual(["drain 1", "drain 2", "adopt 1"]);
  play.do({ kind: "closed", worker: 1 });
  expect(play.do({ kind: "closed", worker: 2 })).toEqual(["prepare"]);
  expect(play.state.reloadWanted).toBe(false);
});

test("cohorts that do not get away hold the next reload back until one does", () => {
  const play = serving(1);
  play.reload("all-at-once", 1, 1);
  play.boot(2);
  play.do({ kind: "closed", worker: 1 });
  play.reload("all-at-once", 2, 1);
  play.boot(3);
  play.do({ kind: "closed", worker: 2 });
  expect(play.do({ kind: "reload" })).toEqual([]);
  expect(play.exit(1)).toEqual(["prepare"]);
});

test("a reload asked for before the first start is over follows it", () => {
  const play = new Play(1);
  play.do({ kind: "reload" });
  play.do({ kind: "loaded", worker: 1 });
  expect(play.do({ kind: "ready", worker: 1 })).toEqual(["prepare"]);
});

test("a first start that fails ends the server with status 1", () => {
  const play = new Play();
  expect(play.exit(1)).toEqual(["kill 2", "close-listener"]);
  expect(play.exit(2)).toEqual(["exit"]);
  expect(play.state.mode).toEqual({ kind: "stopped", status: 1 });
});

test("one death is answered at once, a series with back-off, a late one at once again", () => {
  const play = serving(1);
  expect(play.exit(1)).toEqual(["spawn 2"]);
  expect(play.exit(2)).toEqual(["back-off"]);
  expect(play.do({ kind: "respawn-due" })).toEqual(["spawn 3"]);
  expect(play.exit(3, true)).toEqual(["spawn 4"]);
});

test("an old worker that dies during a reload is replaced by its like", () => {
  const play = serving();
  play.reload("all-at-once");
  expect(play.exit(1)).toEqual(["spawn 5"]);
  expect(play.state.workers.find(({ id }) => id === 5)?.cohort).toBe(0);
});

test("a retiring worker leaves when its replacement is ready", () => {
  const play = serving(1);
  expect(play.do({ kind: "retire", worker: 1, reason: "" })).toEqual(["spawn 2"]);
  expect(play.do({ kind: "loaded", worker: 2 })).toEqual(["admit 2"]);
  expect(play.do({ kind: "ready", worker: 2 })).toEqual(["drain 1"]);
});

test("the second stop is in a hurry; a reload while stopping is refused loudly", () => {
  const play = serving(1);
  expect(play.do({ kind: "stop", quick: false, status: 0 })).toEqual(["drain 1", "close-listener"]);
  expect(play.do({ kind: "reload" })).toEqual([]);
  expect(play.told()).toEqual(["reload-failed"]);
  expect(play.do({ kind: "stop", quick: false, status: 0 })).toEqual(["quit 1", "close-listener"]);
  expect(play.exit(1)).toEqual(["exit"]);
});
