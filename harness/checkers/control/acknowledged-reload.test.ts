import { describe, expect, it } from "vitest";
import type { LedgerRow } from "../../spec/history.ts";
import type { ControlCallSeen } from "../../spec/control-observation.ts";
import { acknowledgedReload } from "./acknowledged-reload.ts";
import { call, controlHistory, refused } from "./control-fixture.ts";
import { action, load } from "../testing/history-fixture.ts";

const acknowledge = acknowledgedReload["control/reload-is-acknowledged"];
const name = acknowledgedReload["control/reload-names-generation"];

const FAILED = refused("reload", { startedMs: 1_000, endedMs: 1_200, complaint: "reload failed" });
const DONE = call("reload", { startedMs: 2_000, endedMs: 3_000, output: "2 workers of generation 3\n" });
const HUNG = refused("reload", { startedMs: 4_000, endedMs: 6_000, answer: "broken" });

/** A release that fails, one that boots, one that hangs; a connection every 20 ms, old code until 2,950 ms. */
function replay(calls: readonly ControlCallSeen[], oldUntilMs = 2_950) {
  const rows = Array.from({ length: 250 }, (_, index): Partial<LedgerRow> => {
    const intendedMs = 20 * index;
    return { intendedMs, generation: intendedMs > oldUntilMs ? 3 : 1 };
  });
  const actions = [
    action({ index: 1, startedMs: 1_000, generation: 2, release: "fail" }),
    action({ index: 2, startedMs: 2_000, generation: 3 }),
    action({ index: 3, startedMs: 4_000, generation: 4, release: "hang" }),
  ];
  return controlHistory(calls, { loads: [load(rows)], actions });
}

describe("control/reload-is-acknowledged", () => {
  it("holds where success means that the new code serves, and failure that it does not", () => {
    expect(acknowledge(replay([FAILED, DONE, HUNG]))).toMatchObject({ outcome: "held", trials: 3 + 49 });
  });

  it("is violated by a success while the old code still answers", () => {
    const early = { ...DONE, endedMs: 2_100 };
    expect(acknowledge(replay([FAILED, early, HUNG]))).toMatchObject({
      outcome: "violated",
      observed: expect.stringContaining("1 of 1 successes came too early"),
      evidence: [
        expect.objectContaining({
          text: expect.stringContaining("the new one first answered 861.0 ms after it"),
        }),
      ],
    });
  });

  it("says nothing of a server whose answers do not tell their generation", () => {
    const untold = replay([FAILED, DONE, HUNG]);
    const rows = [...(untold.loads[0]?.ledger.rows() ?? [])].map((row) => ({ ...row, generation: 0 }));
    expect(acknowledge({ ...untold, loads: [load(rows)] }).outcome).toBe("unsupported");
  });

  it("is violated by a success that never comes true", () => {
    expect(acknowledge(replay([FAILED, DONE, HUNG], 9_000))).toMatchObject({
      outcome: "violated",
      evidence: [expect.objectContaining({ text: expect.stringContaining("the new one never answered") })],
    });
  });

  it("is violated where connections wait for a new code that is said to serve", () => {
    const sound = replay([FAILED, { ...DONE, endedMs: 2_100 }, HUNG]);
    const [, reload] = sound.actions;
    const rows = (slowMs: number) =>
      Array.from({ length: 250 }, (_, index): Partial<LedgerRow> => {
        const intendedMs = 20 * index;
        const isNew = intendedMs > 2_080;
        return {
          intendedMs,
          generation: isNew ? 3 : 1,
          firstByteMs: isNew ? Math.max(intendedMs, 2_100 + slowMs) : intendedMs,
        };
      });
    const after = (slowMs: number) =>
      acknowledge({
        ...sound,
        loads: [load(rows(slowMs))],
        actions: sound.actions.map((one) => (one === reload ? { ...one, bootDelayMs: 800 } : one)),
      });
    expect(after(700)).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [expect.objectContaining({ text: expect.stringContaining("first answered 700.0 ms after it") })],
    });
    expect(after(100).outcome).toBe("held");
  });

  it.each([
    ["a release that fails is told as a success", [{ ...FAILED, answer: "accepted" }, DONE, HUNG]],
    ["a release that hangs is told as a success", [FAILED, DONE, { ...HUNG, answer: "accepted" }]],
    ["a release that fails has no outcome", [{ ...FAILED, answer: "broken" }, DONE, HUNG]],
    ["a release that boots is told as a failure", [FAILED, { ...DONE, answer: "refused" }, HUNG]],
  ] as const)("is violated where %s", (_, calls) => {
    expect(acknowledge(replay(calls))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing without a good reload, a bad one, and connections after it", () => {
    expect(acknowledge(controlHistory([])).outcome).toBe("inconclusive");
    expect(acknowledge(controlHistory([DONE], { actions: [action({ generation: 3 })] })).outcome).toBe("inconclusive");
    expect(acknowledge({ ...replay([FAILED, DONE, HUNG]), loads: [] }).outcome).toBe("inconclusive");
    // What was told wrongly is wrong, whatever could not be seen beside it.
    const lied = replay([{ ...FAILED, answer: "accepted" }, DONE, HUNG]);
    expect(acknowledge({ ...lied, loads: [] }).outcome).toBe("violated");
  });
});

describe("control/reload-names-generation", () => {
  it("holds where what is printed has the number", () => {
    expect(name(replay([FAILED, DONE, HUNG]))).toMatchObject({ outcome: "held", trials: 1 });
  });

  it.each(["", "reloaded", "generation 30"])("is violated by %j", (output) => {
    expect(name(replay([FAILED, { ...DONE, output }, HUNG]))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing where no reload succeeded", () => {
    expect(name(replay([FAILED, { ...DONE, answer: "refused" }, HUNG])).outcome).toBe("inconclusive");
  });
});
