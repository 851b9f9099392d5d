import { describe, expect, it } from "vitest";
import { action, history, load } from "./checkers/testing/history-fixture.ts";
import { freshLoad, rowsAroundReload, soundReload } from "./checkers/testing/reload-fixture.ts";
import { judge } from "./judge.ts";
import type { Scenario } from "./spec/scenario.ts";

const RULE = "availability/reload-loses-nothing";
const scenario: Scenario = {
  id: "fixture/scenario",
  title: "",
  decides: [RULE],
  roles: ["app-server"],
  actions: [],
  capabilities: [],
  workers: 2,
  drive: () => Promise.resolve(),
};
const control = history({ phase: "control", loads: [load([{}, {}])] });
const lossy = soundReload({
  loads: [freshLoad(rowsAroundReload((row, index) => (index === 52 ? { ...row, outcome: "refused" } : row)))],
});
const options = { knownFailures: [], repeat: "npx hupspec run" };
const known = { requirement: RULE, reason: "loses some", link: "example/example#1" };

function verdict(
  trial = soundReload({ loads: [freshLoad()] }),
  changes: Partial<Parameters<typeof judge>[2]> = {},
  controlled = control,
) {
  return judge(scenario, { control: controlled, trial }, { ...options, ...changes })[0];
}

describe("judge", () => {
  it("passes a rule that held, with its bound", () => {
    expect(verdict()).toMatchObject({ verdict: "pass", trials: 150, bound95: 0.02, site: "main", level: "MUST" });
  });

  it("fails a violated MUST with evidence and the command that repeats it", () => {
    expect(verdict(lossy)).toMatchObject({ verdict: "fail", repeat: options.repeat });
    // The request that was lost, then the processes before and after.
    expect(verdict(lossy)?.evidence.map(({ kind }) => kind)).toEqual(["request", "process", "process"]);
  });

  it("warns of a violated SHOULD", () => {
    const slow = soundReload({ target: { budget: { stallMs: 0, p99Ms: 0 } } });
    const should = { ...scenario, decides: ["availability/stall-bounded"] };
    expect(judge(should, { control, trial: slow }, options)[0]?.verdict).toBe("warn");
  });

  it("expects a known failure, with its reason", () => {
    expect(verdict(lossy, { knownFailures: [known] })).toMatchObject({
      verdict: "known-failure",
      reason: "loses some - example/example#1",
    });
  });

  it("fails a known failure that passes, unless it is a race that may be missed", () => {
    expect(verdict(soundReload(), { knownFailures: [known] })?.verdict).toBe("fail");
    expect(verdict(soundReload(), { knownFailures: [{ ...known, intermittent: true }] })?.verdict).toBe("pass");
  });

  it("decides nothing if the control already lost something", () => {
    const unsound = history({ phase: "control", loads: [load([{ outcome: "status-502" }])] });
    expect(verdict(lossy, {}, unsound)).toMatchObject({
      verdict: "inconclusive",
      reason: expect.stringContaining("status-502"),
    });
  });

  it("decides nothing if the control did nothing", () => {
    expect(verdict(soundReload(), {}, history({ phase: "control" }))?.verdict).toBe("inconclusive");
  });

  it("decides nothing if the generator was late, in control or trial", () => {
    const late = freshLoad(undefined, { scheduleKept: false });
    expect(verdict(soundReload({ loads: [late] }))?.verdict).toBe("inconclusive");
    expect(verdict(soundReload(), {}, history({ loads: [late] }))?.verdict).toBe("inconclusive");
  });

  it("takes a crash of a checker for neither pass nor failure", () => {
    const broken = soundReload({ actions: [action()], loads: undefined as never });
    const noLoads = { ...broken, loads: [{ ...freshLoad(), ledger: undefined as never }] };
    expect(verdict(noLoads)).toMatchObject({ verdict: "inconclusive", reason: expect.stringContaining("crashed") });
  });

  it("leaves rules on other roles undecided", () => {
    const proxied = { ...scenario, decides: ["proxy/upstream-reload-hidden"] };
    expect(judge(proxied, { control, trial: soundReload() }, options)[0]?.verdict).toBe("unsupported");
  });
});
