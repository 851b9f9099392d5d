import { describe, expect, it } from "vitest";
import { generationOrder } from "./generation-order.ts";
import { action, load } from "../testing/history-fixture.ts";
import { keptLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";
import { loopRows, soundLoop } from "../testing/reload-loop-fixture.ts";

describe("generation/no-going-back", () => {
  const check = generationOrder["generation/no-going-back"];
  /** Ten connections in turn, each with a request every 200 ms. */
  const rows = (generationAt: (intendedMs: number) => number) =>
    rowsAroundReload((row, index) => ({
      ...row,
      connection: index % 10,
      reused: index >= 10,
      generation: generationAt(row.intendedMs ?? 0),
    }));
  const forward = rows((ms) => (ms > 1_200 ? 2 : 1));
  const backward = rows((ms) => (ms === 1_400 ? 1 : ms > 1_150 ? 2 : 1));

  it("holds where no connection sees an older generation than before", () => {
    expect(check(soundReload({ loads: [keptLoad(forward)] }))).toMatchObject({ outcome: "held" });
  });

  it("is violated by one step back on one connection", () => {
    const finding = check(soundReload({ loads: [keptLoad(backward)] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toMatch(
      /connection 0 .*generation 2, then r70 .*generation 1/,
    );
  });

  it("is violated by it though another reload could not be asked for", () => {
    const actions = [action(), action({ index: 2, startedMs: 2_500, generation: 3, error: "no such process" })];
    expect(check(soundReload({ loads: [keptLoad(backward)], actions })).outcome).toBe("violated");
    expect(check(soundReload({ loads: [keptLoad(forward)], actions })).outcome).toBe("inconclusive");
  });

  it("says nothing of a connection to a proxy, which may meet another worker with each request", () => {
    const loads = [keptLoad(backward)];
    expect(check(soundReload({ loads, target: { role: "stack" } })).outcome).toBe("inconclusive");
    const direct = keptLoad(forward, { door: "direct" });
    expect(check(soundReload({ loads: [...loads, direct], target: { role: "stack" } })).outcome).toBe("held");
  });

  it("does not speak of a server that ends each connection after one answer", () => {
    const single = forward.map((row, connection) => ({ ...row, connection, reused: false }));
    expect(check(soundReload({ loads: [keptLoad(single)] })).outcome).toBe("unsupported");
  });

  it("decides nothing if no connection was used after the reload, or without a reload", () => {
    const before = forward.map((row, index) => ((row.intendedMs ?? 0) >= 1_000 ? { ...row, connection: index } : row));
    expect(check(soundReload({ loads: [keptLoad(before)] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ actions: [] })).outcome).toBe("inconclusive");
  });
});

describe("generation/mixed-window", () => {
  const check = generationOrder["generation/mixed-window"];

  it("is nothing where each reload changes over at once", () => {
    expect(check(soundLoop())).toMatchObject({
      outcome: "observed",
      trials: 33,
      observed: expect.stringMatching(/for 0 ms in the median .* not at all in 33$/),
    });
  });

  it("is the time from the first new answer to the last old one", () => {
    // After reload 1 at 1,000 ms, generation 2 serves from 1,200 ms on.
    const rows = loopRows(2, (row) => (row.intendedMs === 1_240 ? { ...row, generation: 1 } : row));
    expect(check(soundLoop({ loads: [load(rows)] }))).toMatchObject({
      observed: expect.stringMatching(/for 40 ms in the longest, not at all in 32$/),
    });
  });

  it("decides nothing without a reload", () => {
    expect(check(soundLoop({ actions: [] })).outcome).toBe("inconclusive");
  });
});
