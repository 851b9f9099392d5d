import { describe, expect, it } from "vitest";
import { generationOrder } from "./generation-order.ts";
import { load } from "./history-fixture.ts";
import { loopRows, soundLoop } from "./reload-loop-fixture.ts";

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
