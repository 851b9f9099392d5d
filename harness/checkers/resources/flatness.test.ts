import { describe, expect, it } from "vitest";
import type { Observation, ResourceLook } from "../../spec/observation.ts";
import { flatness } from "./flatness.ts";
import { LOOP_RELOADS, loopReloads, soundLoop } from "../testing/reload-loop-fixture.ts";

const MIB = 1024 * 1024;

/** A look after each reload of the loop. */
function looks(facts: (index: number) => Partial<ResourceLook>, count = LOOP_RELOADS): readonly Observation[] {
  return Array.from({ length: count }, (_, index) => ({
    kind: "resources",
    name: "after-reload",
    atMs: (loopReloads[index]?.startedMs ?? 0) + 360,
    pid: 1,
    descriptors: 29,
    pssBytes: 60 * MIB,
    ...facts(index),
  }));
}

describe("resources/descriptors-flat", () => {
  const check = flatness["resources/descriptors-flat"];

  it("holds where their number comes and goes", () => {
    const observations = looks((index) => ({ descriptors: 29 + (index % 4) }));
    expect(check(soundLoop({ observations }))).toMatchObject({ outcome: "held", trials: LOOP_RELOADS });
  });

  it("is violated by one more with each reload", () => {
    const observations = looks((index) => ({ descriptors: 29 + index }));
    const finding = check(soundLoop({ observations }));
    expect(finding).toMatchObject({ outcome: "violated", observed: expect.stringContaining("1 more per reload") });
    expect(finding.outcome === "violated" && finding.evidence.length).toBeGreaterThan(1);
  });

  it("is violated by one more with every second reload", () => {
    const observations = looks((index) => ({ descriptors: 29 + Math.floor(index / 2) }));
    expect(check(soundLoop({ observations })).outcome).toBe("violated");
  });

  it("does not count what the first reloads add for good", () => {
    const observations = looks((index) => ({ descriptors: 29 + Math.min(index, 8) }));
    expect(check(soundLoop({ observations })).outcome).toBe("held");
  });

  it("follows the main process where each reload replaces it", () => {
    const inherited = (perReload: number) =>
      looks((index) => ({ pid: 100 + index, descriptors: 29 + perReload * index }));
    expect(check(soundLoop({ observations: inherited(0) })).outcome).toBe("held");
    expect(check(soundLoop({ observations: inherited(1) })).outcome).toBe("violated");
  });

  it("decides nothing with too few looks, at another process, or without reloads", () => {
    expect(check(soundLoop({ observations: looks(() => ({}), 20) })).outcome).toBe("inconclusive");
    expect(check(soundLoop({ observations: looks((index) => ({ pid: index < 10 ? 1 : 2 })) })).outcome).toBe(
      "inconclusive",
    );
    expect(check(soundLoop()).outcome).toBe("inconclusive");
    expect(check(soundLoop({ actions: [], observations: looks(() => ({})) })).outcome).toBe("inconclusive");
  });
});

describe("resources/memory-flat", () => {
  const check = flatness["resources/memory-flat"];

  it("holds where the heap drifts", () => {
    const observations = looks((index) => ({ pssBytes: (60 + 2 * Math.sin(index) + Math.min(index, 10)) * MIB }));
    expect(check(soundLoop({ observations })).outcome).toBe("held");
  });

  it("is violated by a MiB more with each reload", () => {
    const observations = looks((index) => ({ pssBytes: (60 + index) * MIB }));
    expect(check(soundLoop({ observations }))).toMatchObject({
      outcome: "violated",
      observed: expect.stringContaining("1024 KiB more per reload"),
    });
  });

  it("decides nothing where the kernel does not tell", () => {
    expect(check(soundLoop({ observations: looks(() => ({ pssBytes: 0 })) })).outcome).toBe("inconclusive");
  });
});
