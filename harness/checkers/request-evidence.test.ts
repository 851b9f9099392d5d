import { describe, expect, it } from "vitest";
import { describeRow } from "./request-evidence.ts";
import { action, history, load, rowOf } from "./testing/history-fixture.ts";

describe("a request as evidence", () => {
  const told = (parts: Parameters<typeof rowOf>[0]): string => {
    const row = rowOf({ id: "a1", outcome: "closed-before-answer-reused", reused: true, ...parts });
    const one = load([row]);
    return describeRow(history({ loads: [one], actions: [action({ startedMs: 1_000 })] }), one, row);
  };

  it("is told with its times, from when it was intended and to the reload", () => {
    expect(told({ intendedMs: 1_100, sentMs: 1_101, doneMs: 1_103.5 })).toMatch(
      /intended at 1100\.0 ms \(\+100\.0 ms to reload 1\), ended after 3\.5 ms$/,
    );
  });

  it("tells if it was sent later: it was not the server that took so long", () => {
    expect(told({ intendedMs: 1_100, sentMs: 2_020, doneMs: 2_022 })).toMatch(
      /\(\+100\.0 ms to reload 1\), sent 920\.0 ms after that, ended after 922\.0 ms$/,
    );
  });
});
