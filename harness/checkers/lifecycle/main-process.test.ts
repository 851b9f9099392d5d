import { describe, expect, it } from "vitest";
import type { BootSeen, Observation } from "../../spec/observation.ts";
import { history } from "../testing/history-fixture.ts";
import { mainProcess } from "./main-process.ts";

const boot = (facts: Partial<BootSeen> = {}): BootSeen => ({
  kind: "boot",
  name: "asked-while-booting",
  startedMs: 1_000,
  namedMs: 1_050,
  mainPid: 10,
  askedMs: 1_090,
  readyMs: 1_400,
  mainPidAfter: 10,
  reloadedMs: 1_800,
  ...facts,
});

describe("lifecycle/hup-during-boot", () => {
  const check = mainProcess["lifecycle/hup-during-boot"];
  const after = (...observations: Observation[]) => check(history({ observations }));
  /** One that nobody asked anything while it booted. */
  const leftAlone = (facts: Partial<BootSeen> = {}) => boot({ name: "left-alone", askedMs: Number.NaN, ...facts });

  it("holds where all get ready and take the next reload", () => {
    expect(after(boot(), boot({ askedMs: 1_300 }))).toMatchObject({ outcome: "held", trials: 2 });
  });

  it("is violated where one never gets ready, is killed and started anew, or takes no reload any more", () => {
    const dead = boot({
      readyMs: Number.NaN,
      mainPidAfter: 0,
      reloadedMs: Number.NaN,
      error: "SIGHUP",
      output: "x\ny",
    });
    expect(after(boot(), dead, leftAlone(), leftAlone())).toMatchObject({
      outcome: "violated",
      violations: 1,
      trials: 2,
      observed: expect.stringContaining("1 never got ready"),
      evidence: [{ text: expect.stringMatching(/90 ms after its start.*did not get ready: SIGHUP.*x \| y/) }],
    });
    expect(after(boot({ mainPidAfter: 11 }), leftAlone())).toMatchObject({
      outcome: "violated",
      observed: expect.stringContaining("1 lost their main process"),
    });
    expect(after(boot({ reloadedMs: Number.NaN }), leftAlone())).toMatchObject({
      outcome: "violated",
      observed: expect.stringContaining("1 take no reload any more"),
    });
  });

  it("holds where another main process is what each reload puts in its place, and not a sign of a death", () => {
    expect(after(boot({ mainPidAfter: 11, replacesMain: true }), leftAlone())).toMatchObject({ outcome: "held" });
    const dead = boot({ mainPidAfter: 0, replacesMain: true });
    expect(after(dead, leftAlone())).toMatchObject({ outcome: "violated" });
  });

  it("decides nothing where one that was left alone did no better, or none was", () => {
    const dead = { readyMs: Number.NaN, mainPidAfter: 0, reloadedMs: Number.NaN, error: "not ready within 10000 ms" };
    const alike: readonly Partial<BootSeen>[] = [dead, { mainPidAfter: 11 }, { reloadedMs: Number.NaN }];
    for (const facts of alike) {
      expect(after(boot(), boot(facts), leftAlone(), leftAlone(facts))).toMatchObject({
        outcome: "inconclusive",
        reason: expect.stringMatching(/^1 of 2 instances that were left alone/),
      });
    }
    expect(after(boot(), boot(dead)).outcome).toBe("inconclusive");
    // Of how many each is, counts.
    expect(after(boot(dead), boot(dead), boot(), boot(), leftAlone(dead), leftAlone()).outcome).toBe("inconclusive");
    // Two of three and one of three: that may be chance. One and none is not, for nothing else was different.
    const alone = [leftAlone(dead), leftAlone(), leftAlone()];
    expect(after(boot(dead), boot(dead), boot(), ...alone).outcome).toBe("inconclusive");
    expect(after(boot(dead), boot(), boot(), leftAlone(), leftAlone(), leftAlone()).outcome).toBe("violated");
  });

  it("is violated where those that were left alone failed, but less often, and says how often", () => {
    const dead = { readyMs: Number.NaN, mainPidAfter: 0, reloadedMs: Number.NaN, error: "not ready within 10000 ms" };
    const nine = Array.from({ length: 9 });
    const signalled = nine.map(() => boot(dead));
    const alone = nine.map((_, index) => leftAlone(index === 0 ? dead : {}));
    expect(after(...signalled, ...alone)).toMatchObject({
      outcome: "violated",
      violations: 9,
      trials: 9,
      observed: expect.stringContaining("1 of 9 that were left alone failed"),
    });
    expect(after(...signalled, ...nine.map(() => leftAlone(dead))).outcome).toBe("inconclusive");
  });

  it("does not count one that was ready before it was asked, or that could not be asked", () => {
    expect(after(boot(), boot({ askedMs: 1_500 }))).toMatchObject({ outcome: "held", trials: 1 });
    expect(after(boot({ askedMs: 1_500 })).outcome).toBe("inconclusive");
    expect(after(boot({ askedMs: Number.NaN, error: "no pid file" }))).toMatchObject({
      outcome: "inconclusive",
      reason: expect.stringContaining("no pid file"),
    });
    expect(after().outcome).toBe("inconclusive");
  });
});

describe("lifecycle/no-orphans", () => {
  const check = mainProcess["lifecycle/no-orphans"];
  const look = (name: string, atMs: number, family: Readonly<Record<number, number>>): Observation => ({
    kind: "processes",
    name,
    atMs,
    mainPid: 10,
    processes: Object.entries(family).map(([pid, ppid]) => ({
      pid: Number(pid),
      ppid,
      group: 10,
      startTicks: 1_000,
      command: "worker",
    })),
  });
  const killed = (delivered = true): Observation => ({
    kind: "signal",
    name: "main",
    atMs: 1_000,
    pid: 10,
    signal: "SIGKILL",
    delivered,
  });
  const restart = (error?: string) =>
    boot({ name: "restart", ...(error !== undefined && { error, output: "EADDRINUSE" }) });
  /** A supervisor 9 with the main process 10, its workers 100 and 101, and a helper of 101. */
  const before = look("before-kill", 900, { 102: 101, 9: 1, 10: 9, 100: 10, 101: 10, 50: 9 });
  const after = (left: Readonly<Record<number, number>>, error?: string) =>
    check(
      history({
        observations: [before, killed(), look("after-kill", 2_000, { 9: 1, 50: 9, ...left }), restart(error)],
      }),
    );

  it("holds where all that the main process had started is gone and the next start serves", () => {
    expect(after({ 11: 9, 103: 11 })).toMatchObject({ outcome: "held", trials: 4 });
  });

  it("is violated by a worker, or a helper of one, that is left, and names it", () => {
    const finding = after({ 101: 1, 102: 101 });
    expect(finding).toMatchObject({ outcome: "violated", violations: 2, observed: expect.stringContaining("2 of 3") });
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toContain("pid 101, parent 1:");
  });

  it("is violated where the next start fails", () => {
    expect(after({}, "exit status 1")).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [{ text: expect.stringContaining("EADDRINUSE") }],
    });
  });

  it("decides nothing if the main process was not killed", () => {
    expect(check(history()).outcome).toBe("inconclusive");
    const observations = [before, killed(false), look("after-kill", 2_000, {}), restart()];
    expect(check(history({ observations })).outcome).toBe("inconclusive");
  });
});
