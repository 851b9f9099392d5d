import { describe, expect, it } from "vitest";
import type { Observation } from "../../spec/observation.ts";
import { call, controlHistory, endpoint, look, PROCESSES, processOf, refused } from "./control-fixture.ts";
import { control } from "./control.ts";

const check = (rule: keyof typeof control, observations: readonly Observation[]) =>
  control[rule](controlHistory(observations));

describe("control/owner-only", () => {
  const rule = "control/owner-only";
  const ports = (port: number): Observation => ({
    kind: "listening",
    name: "ports",
    atMs: 20,
    listeners: [
      { address: "127.0.0.1", port: 8000, pid: 20 },
      { address: "127.0.0.1", port, pid: 10 },
    ],
    declared: [8000, 8001],
  });

  it("holds for a private socket and no other port", () => {
    expect(check(rule, [endpoint("endpoints"), ports(8001)])).toMatchObject({
      outcome: "held",
      trials: 3,
      observed: expect.stringContaining("another user got EACCES"),
    });
  });

  it("says so where it could not be tried as another user", () => {
    const { stranger: _, ...untried } = endpoint("endpoints");
    expect(check(rule, [untried, ports(8001)])).toMatchObject({
      observed: expect.stringContaining("could not be tried"),
    });
  });

  it.each([
    ["every user", [0o755, 0o666]],
    ["its group", [0o750, 0o660]],
  ] as const)("is violated where %s may connect", (who, modes) => {
    expect(check(rule, [endpoint("endpoints", {}, modes), ports(8001)])).toMatchObject({
      outcome: "violated",
      evidence: expect.arrayContaining([expect.objectContaining({ text: expect.stringContaining(who) })]),
    });
  });

  it("holds where a folder keeps others away from an open socket", () => {
    expect(check(rule, [endpoint("endpoints", {}, [0o700, 0o666]), ports(8001)]).outcome).toBe("held");
  });

  it("is violated where another user did connect, whatever the modes say", () => {
    const open = endpoint("endpoints", { stranger: { connected: true, text: "connected" } });
    expect(check(rule, [open, ports(8001)])).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated by a port that the target file does not ask for, and by an endpoint that is one", () => {
    expect(check(rule, [endpoint("endpoints"), ports(9001)])).toMatchObject({ outcome: "violated", violations: 1 });
    const tcp = endpoint("endpoints", { endpoint: "http://127.0.0.1:8001", path: [] });
    expect(check(rule, [tcp, ports(8001)])).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing where not even a declared port was seen", () => {
    const blind: Observation = { kind: "listening", name: "ports", atMs: 20, listeners: [], declared: [8000] };
    expect(check(rule, [endpoint("endpoints"), blind]).outcome).toBe("inconclusive");
    expect(check(rule, [endpoint("endpoints")]).outcome).toBe("inconclusive");
  });

  it("decides nothing where nothing was looked at, or where there is no socket", () => {
    expect(check(rule, []).outcome).toBe("inconclusive");
    const path = [{ path: "/run/x.sock", type: "nothing", mode: 0, uid: 0, inode: 0 } as const];
    expect(check(rule, [endpoint("endpoints", { path }), ports(8001)]).outcome).toBe("inconclusive");
  });
});

describe("control/listed-verbs-only", () => {
  const rule = "control/listed-verbs-only";
  const whole = [
    look("before-verbs"),
    look("after-verbs"),
    call("verb-known"),
    refused("verb-unknown"),
    refused("verb-unknown"),
  ];

  it("holds where every name that is not documented is refused", () => {
    expect(check(rule, whole)).toMatchObject({ outcome: "held", trials: 2 });
  });

  it.each(["accepted", "broken"] as const)("is violated where one is %s", (answer) => {
    const seen = [...whole, call("verb-unknown", { call: "POST /process.exit", answer })];
    expect(check(rule, seen)).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [expect.objectContaining({ text: expect.stringContaining("POST /process.exit") })],
    });
  });

  it("is violated where a refused name changed something all the same", () => {
    const seen = whole.map((one) => (one.name === "after-verbs" ? look("after-verbs", PROCESSES.slice(0, 4)) : one));
    expect(check(rule, seen)).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing where not even a verb that exists is taken", () => {
    const deaf = whole.map((one) => (one.name === "verb-known" ? refused("verb-known") : one));
    expect(check(rule, deaf).outcome).toBe("inconclusive");
    expect(
      check(
        rule,
        whole.filter(({ name }) => name !== "verb-known"),
      ).outcome,
    ).toBe("inconclusive");
    expect(check(rule, []).outcome).toBe("inconclusive");
  });
});

describe("control/scoped-credential", () => {
  const rule = "control/scoped-credential";
  const whole = [
    look("before-scoped"),
    look("after-scoped"),
    call("scoped-allowed"),
    refused("scoped-refused"),
    refused("scoped-trick"),
    refused("scoped-trick", { answer: "broken", complaint: "" }),
  ];

  it("holds where what is allowed works and nothing else does", () => {
    expect(check(rule, whole)).toMatchObject({ outcome: "held", trials: 4 });
  });

  it.each([
    ["something forbidden is done", call("scoped-refused")],
    ["a trick works", call("scoped-trick")],
    ["something forbidden breaks off", refused("scoped-refused", { answer: "broken" })],
    ["something allowed is refused", refused("scoped-allowed")],
    ["a refusal does not say why", refused("scoped-refused", { complaint: " " })],
  ])("is violated where %s", (_, seen) => {
    expect(check(rule, [...whole, seen])).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("is violated where a refused call had an effect", () => {
    const seen = whole.map((one) =>
      one.name === "after-scoped"
        ? look("after-scoped", [...PROCESSES.slice(0, 4), processOf(30, { startTicks: 99 })])
        : one,
    );
    expect(check(rule, seen)).toMatchObject({ outcome: "violated", violations: 2 });
  });

  it("decides nothing where the credential was not tried", () => {
    expect(check(rule, []).outcome).toBe("inconclusive");
    expect(check(rule, [call("scoped-allowed")]).outcome).toBe("inconclusive");
  });
});

describe("control/pid-query-is-safe", () => {
  const rule = "control/pid-query-is-safe";
  const whole = [
    look("at-pid-query"),
    call("pid-of-site", { output: "20\n" }),
    refused("pid-of-nobody"),
    refused("pid-of-nothing"),
    refused("pid-of-stopped"),
  ];

  it("holds where only the program that runs has a pid", () => {
    expect(check(rule, whole)).toMatchObject({ outcome: "held", trials: 4 });
  });

  it("grants the pid of the only program to a query without a name", () => {
    expect(check(rule, [...whole, call("pid-of-nothing", { output: "20\n" })]).outcome).toBe("held");
  });

  it.each([
    ["the supervisor's own pid for a wrong name", call("pid-of-nobody", { output: "10\n" })],
    ["the supervisor's own pid for none", call("pid-of-nothing", { output: "10\n" })],
    ["a 0 for a stopped program", refused("pid-of-stopped", { output: "0\n" })],
    ["nothing, with success", call("pid-of-nobody")],
    ["another pid for the program", call("pid-of-site", { output: "30\n" })],
  ])("is violated by %s", (_, seen) => {
    expect(check(rule, [...whole, seen])).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("tells whose pid it was", () => {
    expect(check(rule, [...whole, call("pid-of-nothing", { output: "10\n" })])).toMatchObject({
      evidence: [expect.objectContaining({ text: expect.stringContaining("the pid of process 10") })],
    });
  });

  it("does not count a call that got no answer as a query that was answered with nothing", () => {
    const broken = (name: string) => call(name, { answer: "broken", outcome: "nothing in time" });
    const deaf = [look("at-pid-query"), call("pid-of-site", { output: "20\n" }), broken("pid-of-nobody")];
    expect(check(rule, deaf).outcome).toBe("inconclusive");
    expect(check(rule, [...deaf, refused("pid-of-nothing")])).toMatchObject({ outcome: "held", trials: 2 });
  });

  it("decides nothing where nobody was asked, or the program that runs has none either", () => {
    expect(check(rule, []).outcome).toBe("inconclusive");
    expect(
      check(
        rule,
        whole.map((one) => (one.name === "pid-of-site" ? refused("pid-of-site") : one)),
      ).outcome,
    ).toBe("inconclusive");
  });
});
