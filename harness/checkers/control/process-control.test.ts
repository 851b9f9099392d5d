import { describe, expect, it } from "vitest";
import type { StartSeen } from "../../spec/control-observation.ts";
import type { CommandRun, Observation, Poll } from "../../spec/observation.ts";
import { call, controlHistory, endpoint, look, PROCESSES, processOf, refused } from "./control-fixture.ts";
import { load } from "../testing/history-fixture.ts";
import { processControl } from "./process-control.ts";
import { soundReload } from "../testing/reload-fixture.ts";

describe("control/pidfile-always-valid", () => {
  const check = processControl["control/pidfile-always-valid"];
  const poll: Poll = {
    kind: "poll",
    name: "pid-file",
    startedMs: 0,
    endedMs: 2_000,
    looks: 500,
    misses: [],
    missCount: 0,
  };
  const start: StartSeen = {
    kind: "start",
    name: "over-stale-pid-file",
    startedMs: 3_000,
    readyMs: 3_500,
    reason: "",
    output: "",
    pidFile: "77\n",
    namesTarget: true,
    bystander: { pid: 66 },
  };
  const replay = (observations: readonly Observation[]) => soundReload({ observations });

  it("holds where every look found a process of the target", () => {
    expect(check(replay([poll, start]))).toMatchObject({ outcome: "held", trials: 501 });
  });

  it("is violated by a gap, counted beyond what is told", () => {
    const misses = [
      { atMs: 1_010, text: "there was no such file" },
      { atMs: 1_013, text: "it was empty" },
    ];
    expect(check(replay([{ ...poll, misses, missCount: 12 }, start]))).toMatchObject({
      outcome: "violated",
      violations: 12,
      evidence: expect.arrayContaining([
        expect.objectContaining({ text: "the pid file, 10.0 ms after reload 1: there was no such file" }),
      ]),
    });
  });

  it.each([
    ["blocks the start", { reason: "it exited with code 1", readyMs: Number.NaN, namesTarget: false }],
    ["is not taken over", { namesTarget: false }],
    ["gets its process killed", { bystander: { pid: 66, ended: "it was ended by SIGTERM" } }],
  ])("is violated where a stale one %s", (_, facts) => {
    expect(check(replay([poll, { ...start, ...facts }]))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing without a reload, without a look, without a start over a stale one", () => {
    expect(check(replay([poll])).outcome).toBe("inconclusive");
    expect(check(replay([start])).outcome).toBe("inconclusive");
    expect(check(replay([{ ...poll, looks: 0 }, start])).outcome).toBe("inconclusive");
    expect(check(controlHistory([poll, start])).outcome).toBe("inconclusive");
  });
});

describe("control/second-start-harmless", () => {
  const check = processControl["control/second-start-harmless"];
  const second: CommandRun = {
    kind: "command",
    name: "second-start",
    command: "server",
    startedMs: 100,
    endedMs: 400,
    exitCode: 1,
    stdout: "",
    stderr: "already running",
  };
  const pid = call("pid-of-site", { output: "20" });
  const whole: readonly Observation[] = [
    second,
    pid,
    { ...pid, name: "pid-after-second" },
    endpoint("before-second"),
    endpoint("after-second"),
    look("before-second"),
    look("after-second"),
  ];
  const replay = (observations: readonly Observation[], outcome: "ok" | "refused" = "ok") =>
    controlHistory(observations, {
      loads: [load(Array.from({ length: 60 }, (_, index) => (index === 20 ? { outcome } : {})))],
    });
  const replaced = (name: string, by: Observation): readonly Observation[] =>
    whole.map((one) => (one.name === name ? by : one));

  it("holds where the second one ends with an error and the first is as before", () => {
    expect(check(replay(whole))).toMatchObject({ outcome: "held" });
  });

  it.each([
    ["goes on", { exitCode: null }],
    ["ends with success", { exitCode: 0 }],
    ["does not say why it ends", { stderr: " " }],
  ])("is violated where it %s", (_, facts) => {
    expect(check(replay(replaced("second-start", { ...second, ...facts })))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
  });

  it.each([
    ["is gone", 0],
    ["is another one", 3],
  ])("is violated where the first's socket %s", (_, inode) => {
    const sound = endpoint("after-second");
    const path = sound.path.map((step) => (step.type === "socket" ? { ...step, inode } : step));
    expect(check(replay(replaced("after-second", { ...sound, path })))).toMatchObject({ outcome: "violated" });
  });

  it("is violated where the first does not answer any more, lost a process, or a request", () => {
    expect(check(replay(replaced("pid-after-second", refused("pid-after-second"))))).toMatchObject({ violations: 1 });
    const fewer = [...whole.slice(0, -1), look("after-second", PROCESSES.slice(0, 4))];
    expect(check(replay(fewer))).toMatchObject({ violations: 1 });
    expect(check(replay(whole, "refused"))).toMatchObject({ violations: 1 });
  });

  it("decides nothing without a second start, or without requests beside it", () => {
    expect(check(replay([])).outcome).toBe("inconclusive");
    expect(check(controlHistory(whole)).outcome).toBe("inconclusive");
  });
});

describe("control/stop-takes-all", () => {
  const check = processControl["control/stop-takes-all"];
  const rest = PROCESSES.filter(({ pid }) => pid === 10 || pid === 30);
  const replay = (after = rest, before = look("before-stop")) =>
    controlHistory([before, call("stop"), look("after-stop", after, 0)]);

  it("holds where the group is gone and nothing else", () => {
    expect(check(replay())).toMatchObject({ outcome: "held", trials: 3 });
  });

  it("is violated by a subprocess that is left", () => {
    expect(check(replay(PROCESSES.filter(({ pid }) => pid !== 20 && pid !== 21)))).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [expect.objectContaining({ text: expect.stringContaining("still there after the stop: 22") })],
    });
  });

  it("is violated where another program goes as well", () => {
    expect(check(replay(rest.slice(0, 1)))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("does not take a process with the same number for the same", () => {
    expect(check(replay([...rest, processOf(22, { startTicks: 999 })])).outcome).toBe("held");
  });

  it("goes by descent where programs have no group of their own", () => {
    const shared = PROCESSES.map((process) => ({ ...process, group: 10 }));
    const left = shared.filter(({ pid }) => pid !== 20);
    expect(check(replay(left, look("before-stop", shared)))).toMatchObject({ outcome: "violated", violations: 2 });
  });

  it("decides nothing where nothing was stopped", () => {
    expect(check(controlHistory([])).outcome).toBe("inconclusive");
    expect(check(replay(rest, look("before-stop", PROCESSES, 0))).outcome).toBe("inconclusive");
    expect(check(controlHistory([look("before-stop"), refused("stop"), look("after-stop")])).outcome).toBe(
      "inconclusive",
    );
  });
});
