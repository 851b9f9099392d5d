import { describe, expect, it } from "vitest";
import type { History } from "../../spec/history.ts";
import type { Observation, OriginRequest } from "../../spec/observation.ts";
import type { Outcome } from "../../spec/outcome.ts";
import { history, rowOf } from "../testing/history-fixture.ts";
import { proxyUpstream } from "./proxy-upstream.ts";

const exchange = (name: string, id: string, outcome: Outcome = "ok"): Observation => ({
  kind: "exchange",
  name,
  door: "front",
  row: rowOf({ id, outcome, method: name.startsWith("post") ? "POST" : "GET" }),
  body: "",
});

const arrival = (id: string, fate: OriginRequest["fate"], ordinal = 1): OriginRequest => ({
  atMs: 5,
  connection: 0,
  ordinal,
  id,
  head: `GET / HTTP/1.1\r\nx-hupspec-id: ${id}`,
  body: "",
  bodyBytes: 0,
  whole: true,
  fate,
});

const seen = (
  exchanges: readonly Observation[],
  requests: readonly OriginRequest[],
  name = "faults",
  idledOut = 0,
): History => history({ observations: [...exchanges, { kind: "origin", name, atMs: 9, requests, idledOut }] });

describe("proxy/idempotent-retried", () => {
  const check = proxyUpstream["proxy/idempotent-retried"];
  const met = [arrival("a", "closed", 2), arrival("a", "answered")];

  it("holds where the GET was sent again", () => {
    expect(check(seen([exchange("idempotent/close-reused", "a")], met))).toMatchObject({ outcome: "held", trials: 1 });
  });

  it("is violated by a 502", () => {
    const finding = check(seen([exchange("idempotent/close-reused", "a", "status-502")], met.slice(0, 1)));
    expect(finding).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [{ text: expect.stringMatching(/status-502; reached/) }],
    });
  });

  it("does not speak of proxies without a pool, and decides nothing where nothing was closed", () => {
    const fresh = seen([exchange("idempotent/close-reused", "a")], [arrival("a", "answered")]);
    expect(check(fresh).outcome).toBe("unsupported");
    expect(check(history()).outcome).toBe("inconclusive");
  });
});

describe("proxy/post-never-replayed", () => {
  const check = proxyUpstream["proxy/post-never-replayed"];

  it("holds where each POST arrived once, whatever the client was told", () => {
    expect(check(seen([exchange("post/close", "a", "status-502")], [arrival("a", "closed")]))).toMatchObject({
      outcome: "held",
      trials: 1,
    });
  });

  it("is violated by a second arrival, be it answered well", () => {
    const finding = check(seen([exchange("post/close", "a")], [arrival("a", "closed", 2), arrival("a", "answered")]));
    expect(finding).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing where every POST was answered", () => {
    expect(check(seen([exchange("post/close-reused", "a")], [arrival("a", "answered")])).outcome).toBe("inconclusive");
  });
});

describe("proxy/no-blackout", () => {
  const check = proxyUpstream["proxy/no-blackout"];
  const after = (...outcomes: Outcome[]): Observation[] =>
    outcomes.map((outcome, index) => exchange("after-failure/closed", `b${index}`, outcome));
  const failure = exchange("failure/closed", "a", "status-502");

  it("holds where the requests after a failure are answered", () => {
    expect(check(seen([failure, ...after("ok", "ok", "ok")], []))).toMatchObject({ outcome: "held", trials: 3 });
  });

  it("is violated by a run of failures, not by a single one", () => {
    expect(check(seen([failure, ...after("status-502", "ok", "ok")], [])).outcome).toBe("held");
    expect(check(seen([failure, ...after("ok", "status-502", "status-502")], []))).toMatchObject({
      outcome: "violated",
      violations: 2,
    });
  });

  it("decides nothing without a failure", () => {
    expect(check(seen([exchange("failure/closed", "a"), ...after("ok")], [])).outcome).toBe("inconclusive");
  });
});

describe("proxy/pool-outlived-by-backend", () => {
  const check = proxyUpstream["proxy/pool-outlived-by-backend"];
  const origin = (name: string, requests: readonly OriginRequest[], idledOut = 0): Observation => ({
    kind: "origin",
    name,
    atMs: 9,
    requests,
    idledOut,
  });
  const reused = origin("faults", [arrival("x", "answered"), arrival("y", "answered", 2)]);
  const once = origin("faults", [arrival("x", "answered"), arrival("y", "answered")]);
  const primed = [exchange("pool-prime", "p"), exchange("pool-prime", "q")];
  const after = (...observations: readonly Observation[]) => check(history({ observations }));

  it("holds where every request of the sweep was answered by a proxy that pools", () => {
    const sweep = [exchange("pool-sweep", "a"), exchange("pool-sweep", "b")];
    expect(after(reused, ...primed, ...sweep, origin("pool", []))).toMatchObject({ outcome: "held", trials: 2 });
    // One that keeps connections and never got to use them twice is as good a pool.
    expect(after(once, ...primed, ...sweep, origin("pool", [arrival("a", "answered")], 2)).outcome).toBe("held");
  });

  it("is violated by a request that met the closing connection", () => {
    const finding = after(
      reused,
      ...primed,
      exchange("pool-sweep", "a", "status-502"),
      origin("pool", [arrival("a", "closed", 2)], 3),
    );
    expect(finding).toMatchObject({ outcome: "violated", observed: expect.stringMatching(/had to close 3 idle/) });
  });

  it("does not speak of proxies that use no connection twice, whatever became of the requests", () => {
    for (const outcome of ["ok", "status-502"] as const) {
      const finding = after(
        once,
        ...primed,
        exchange("pool-sweep", "a", outcome),
        origin("pool", [arrival("a", "answered")]),
      );
      expect(finding).toMatchObject({ outcome: "unsupported", reason: expect.stringContaining("3 requests") });
    }
  });

  it("decides nothing where no request reached the upstream, or the pool could not be filled", () => {
    const failed = exchange("pool-sweep", "a", "status-502");
    expect(after(origin("faults", []), ...primed, failed, origin("pool", [])).outcome).toBe("inconclusive");
    const unfilled = after(reused, exchange("pool-prime", "p", "status-502"), failed, origin("pool", []));
    expect(unfilled).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("1 of 1") });
  });

  it("does not speak of targets that name no limit", () => {
    expect(check(history()).outcome).toBe("unsupported");
  });
});

describe("proxy/truncation-propagated", () => {
  const check = proxyUpstream["proxy/truncation-propagated"];
  const cut = (outcome: Outcome): History =>
    seen([exchange("truncation/cut-chunked", "a", outcome)], [arrival("a", "closed")]);

  it("holds where the client could tell", () => {
    for (const outcome of ["truncated", "status-502", "reset-before-answer-fresh"] as const)
      expect(check(cut(outcome)).outcome).toBe("held");
  });

  it("is violated by a clean end and by an answer that never ends", () => {
    for (const outcome of ["wrong-answer", "ok", "hung"] as const) expect(check(cut(outcome)).outcome).toBe("violated");
  });

  it("decides nothing where the suite had no time to see how the answer ended", () => {
    const row = rowOf({ id: "a", outcome: "hung", intendedMs: 1_000, doneMs: 6_000 });
    const hung: Observation = { kind: "exchange", name: "truncation/cut-chunked", door: "front", row, body: "" };
    const after = (toMs: number, ...others: readonly Observation[]) =>
      check({ ...seen([hung, ...others], [arrival("a", "closed")]), pauses: [{ fromMs: 2_000, toMs }] });
    expect(after(5_500)).toMatchObject({ outcome: "inconclusive", reason: expect.stringContaining("3500 ms") });
    expect(after(2_500).outcome).toBe("violated");
    // One that ended cleanly did so whatever held the suite up.
    expect(after(5_500, exchange("truncation/cut-length", "a")).outcome).toBe("violated");
  });

  it("decides nothing where the upstream cut nothing", () => {
    expect(check(seen([exchange("truncation/cut-chunked", "a", "status-502")], [])).outcome).toBe("inconclusive");
  });
});
