import { describe, expect, it } from "vitest";
import type { ExchangeSeen } from "../../spec/observation.ts";
import { generationSource } from "./generation-source.ts";
import { action, history, rowOf } from "../testing/history-fixture.ts";
import { freshLoad, rowsAroundReload, soundReload } from "../testing/reload-fixture.ts";

describe("generation/symlink-resolved-again", () => {
  const check = generationSource["generation/symlink-resolved-again"];
  const neverServed = action({ servedMs: undefined, settledMs: undefined, settleDeadlineMs: 2_000 });

  it("holds where what came after the signal has the new code", () => {
    expect(check(soundReload())).toMatchObject({ outcome: "held", trials: 1 });
  });

  it("is violated by a process that came after the signal and answers with the old code", () => {
    const rows = rowsAroundReload((row) => ({ ...row, generation: 1 }));
    const finding = check(soundReload({ loads: [freshLoad(rows)], actions: [neverServed] }));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1, trials: 1 });
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toMatch(
      /pid 200 .* generation 1.* named generation 2/,
    );
  });

  it("says nothing of old processes that stayed: that is another failure", () => {
    const rows = rowsAroundReload((row) => ({ ...row, generation: 1, worker: 100 }));
    expect(check(soundReload({ loads: [freshLoad(rows)], actions: [neverServed] })).outcome).toBe("inconclusive");
  });

  it("does not count a worker that was replaced by its like before the new code took over", () => {
    const rows = rowsAroundReload((row) => (row.intendedMs === 1_220 ? { ...row, generation: 1 } : row));
    expect(check(soundReload({ loads: [freshLoad(rows)] })).outcome).toBe("held");
  });

  it("decides nothing without a reload, or if it could not be asked for", () => {
    expect(check(soundReload({ actions: [] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ actions: [action({ error: "gone" })] })).outcome).toBe("inconclusive");
  });
});

describe("generation/preload-is-honest", () => {
  const check = generationSource["generation/preload-is-honest"];
  const asked = { servedMs: undefined, settledMs: undefined, settleDeadlineMs: 2_000 } as const;
  const renewed = freshLoad(rowsAroundReload((row) => ({ ...row, generation: 1 })));
  const stayed = freshLoad(rowsAroundReload((row) => ({ ...row, generation: 1, worker: 100 })));

  it("holds where the new code serves", () => {
    expect(check(soundReload()).outcome).toBe("held");
  });

  it("holds where the reload says that it failed and the old code stays", () => {
    const refused = action({ ...asked, error: "exit code 1", refused: true });
    expect(check(soundReload({ loads: [stayed], actions: [refused] }))).toMatchObject({
      outcome: "held",
      observed: expect.stringContaining("exit code 1"),
    });
  });

  it("decides nothing where the reload could not be asked for", () => {
    const unasked = action({ ...asked, error: "no such command" });
    expect(check(soundReload({ loads: [stayed], actions: [unasked] }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("no such command"),
    });
  });

  it("is violated by new processes with the old code", () => {
    expect(check(soundReload({ loads: [renewed], actions: [action(asked)] }))).toMatchObject({
      outcome: "violated",
      observed: expect.stringContaining("brought 1 new processes"),
    });
  });

  it("is violated by a command that succeeds and changes nothing", () => {
    expect(check(soundReload({ loads: [stayed], actions: [action({ ...asked, output: "ok" })] }))).toMatchObject({
      outcome: "violated",
      observed: expect.stringContaining('saying "ok"'),
    });
  });

  it("decides nothing where a signal had no effect at all, nothing was answered after it, or without a reload", () => {
    expect(check(soundReload({ loads: [stayed], actions: [action(asked)] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ loads: [freshLoad(rowsAroundReload().slice(0, 60))] })).outcome).toBe("inconclusive");
    expect(check(soundReload({ actions: [] })).outcome).toBe("inconclusive");
  });
});

describe("generation/environment-applied", () => {
  const check = generationSource["generation/environment-applied"];
  const told = (name: string, setting: string, generation: number): ExchangeSeen => ({
    kind: "exchange",
    name,
    door: "front",
    row: rowOf({ generation }),
    body: `{"app":"x","generation":${generation},"worker":100,"id":"r0","setting":"${setting}"}`,
  });
  const before = [told("setting-before", "blue", 1), told("setting-before", "blue", 1)];
  const run = (after: readonly ExchangeSeen[], actions = [action()]) =>
    check(history({ actions, observations: [...before, ...after] }));

  it("holds where the new code tells the new setting", () => {
    expect(run([told("setting-after", "green", 2)])).toMatchObject({ outcome: "held", trials: 1 });
  });

  it("is violated by new code with the old setting", () => {
    const finding = run([told("setting-after", "green", 2), told("setting-after", "blue", 2)]);
    expect(finding).toMatchObject({ outcome: "violated", violations: 1, trials: 2 });
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toContain("generation 2");
  });

  it("is violated by new code that has no setting at all", () => {
    const bare = { ...told("setting-after", "", 2), body: '{"generation":2,"setting":null}' };
    expect(run([bare])).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing if only old code answered, if nothing was told before, or without a reload", () => {
    expect(run([told("setting-after", "blue", 1)]).outcome).toBe("inconclusive");
    expect(run([told("setting-after", "green", 2)], []).outcome).toBe("inconclusive");
    const observations = [told("setting-after", "green", 2)];
    expect(check(history({ actions: [action()], observations })).outcome).toBe("inconclusive");
  });
});
