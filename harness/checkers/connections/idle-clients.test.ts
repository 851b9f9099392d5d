import { describe, expect, it } from "vitest";
import { conversation, rawAnswer } from "../testing/conversation-fixture.ts";
import { action } from "../testing/history-fixture.ts";
import { idleClients } from "./idle-clients.ts";
import { freshLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";

const first = { atMs: 905, text: rawAnswer() };

/** Answered before the reload at 1,000 ms; what came after its next request, and how it ended. */
function client(next: string, end: "open" | "fin" = "open") {
  const sent = [{ atMs: 900, text: "GET /" }, ...(next === "gone" ? [] : [{ atMs: 1_400, text: "GET /" }])];
  const received = [first, ...(next === "gone" || next === "" ? [] : [{ atMs: 1_405, text: next }])];
  return conversation({ name: "idle-front", sent, received, end, endedMs: end === "open" ? Number.NaN : 1_410 });
}

const carriedOn = client(rawAnswer({ generation: 2, worker: 200 }));
const byOld = client(rawAnswer({ generation: 1 }));
const announced = client(rawAnswer({ generation: 1, close: true }), "fin");
const dropped = client("", "fin");
const gone = client("gone", "fin");

describe("connections/idle-survives", () => {
  const check = idleClients["connections/idle-survives"];

  it("holds where the new generation answers on the same connections", () => {
    expect(check(soundReload({ observations: [carriedOn, carriedOn] }))).toMatchObject({ outcome: "held", trials: 2 });
  });

  it("is violated by every other fate", () => {
    const observations = [carriedOn, byOld, announced, dropped, gone];
    expect(check(soundReload({ observations }))).toMatchObject({ outcome: "violated", violations: 4, trials: 5 });
  });

  it("decides nothing of a connection that is open and waits for an answer still", () => {
    const waiting = client("");
    expect(check(soundReload({ observations: [waiting] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ observations: [carriedOn, waiting] }))).toMatchObject({ outcome: "held", trials: 1 });
  });

  it("decides nothing without idle clients at a reload that took effect", () => {
    expect(check(soundReload()).outcome).toBe("inconclusive");
    expect(check(soundReload({ observations: [carriedOn], actions: [] })).outcome).toBe("inconclusive");
    const stale = freshLoad(rowsAroundReload((row) => ({ ...row, generation: 1, worker: 100 })));
    const actions = [action({ servedMs: undefined })];
    expect(check(soundReload({ observations: [byOld], loads: [stale], actions })).outcome).toBe("inconclusive");
  });

  it("is not met by a proxy that is not reloaded", () => {
    const target = { role: "stack" as const };
    expect(check(soundReload({ observations: [carriedOn], target })).outcome).toBe("unsupported");
    const observations = [carriedOn, { ...gone, at: "direct" }];
    expect(check(soundReload({ observations, target }))).toMatchObject({ outcome: "violated", trials: 1 });
  });

  it("leaves out what was closed before the reload, as after a short time of keeping alive", () => {
    const early = { ...gone, endedMs: 950 };
    expect(check(soundReload({ observations: [early, carriedOn] }))).toMatchObject({ outcome: "held", trials: 1 });
  });

  it("leaves out what a server never kept alive, and what spoke again after a second reload only", () => {
    const never = conversation({
      name: "idle-front",
      sent: [{ atMs: 900, text: "GET /" }],
      received: [{ atMs: 905, text: rawAnswer({ close: true }) }],
      end: "fin",
      endedMs: 906,
    });
    expect(check(soundReload({ observations: [never] })).outcome).toBe("inconclusive");
    const actions = [action(), action({ index: 2, startedMs: 1_350, generation: 3 })];
    expect(check(soundReload({ observations: [carriedOn], actions })).outcome).toBe("inconclusive");
  });
});

describe("connections/reconnects-per-reload", () => {
  it("counts fates by door", () => {
    const observations = [carriedOn, byOld, announced, dropped, gone];
    expect(idleClients["connections/reconnects-per-reload"](soundReload({ observations }))).toEqual({
      outcome: "observed",
      trials: 5,
      observed:
        "front: of 5 idle connections 2 closed without an answer, 1 with the next answer, 1 kept by the old code, 1 carried on by the new one",
    });
  });

  it("decides nothing without them", () => {
    expect(idleClients["connections/reconnects-per-reload"](soundReload()).outcome).toBe("inconclusive");
  });
});
