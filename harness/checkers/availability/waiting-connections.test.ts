import { describe, expect, it } from "vitest";
import type { Conversation } from "../../spec/observation.ts";
import { action, conversation, history } from "../testing/history-fixture.ts";
import { waitingConnections } from "./waiting-connections.ts";

/** The reload of the fixture comes at 1,000 ms and serves at 1,200 ms. */
const reload = action();
const unanswered = { received: [], receivedBytes: 0 } as const;

const several = (of: (index: number) => Conversation, count = 8): Conversation[] =>
  Array.from({ length: count }, (_, index) => of(index));

describe("availability/backlog-survives", () => {
  const check = waitingConnections["availability/backlog-survives"];
  const queued = (facts: Parameters<typeof conversation>[1] = {}) =>
    conversation("queued", { connectedMs: 700, answeredMs: 1_250, ...facts });
  const run = (observations: Conversation[], actions = [reload]) => check(history({ actions, observations }));

  it("holds where all that waited are answered, and tells how long the queue was", () => {
    const look = {
      kind: "listen-queue",
      name: "before-reload",
      door: "direct",
      atMs: 900,
      waiting: 8,
      sockets: 1,
    } as const;
    expect(check(history({ actions: [reload], observations: [look, ...several(() => queued())] }))).toMatchObject({
      outcome: "held",
      trials: 8,
      observed: expect.stringMatching(/^8 in the listen queue before the reload; 8 of 8/),
    });
  });

  it.each(["reset", "fin", "open"] as const)("is violated by one that ends as %s without an answer", (end) => {
    const observations = several((index) => queued(index === 3 ? { ...unanswered, end, endedMs: 1_100 } : {}));
    const finding = run(observations);
    expect(finding).toMatchObject({ outcome: "violated", violations: 1, trials: 8 });
    expect(finding.outcome === "violated" && finding.evidence[0]?.text).toMatch(/queued.*asked at -300\.0 ms/);
  });

  it("is violated by an answer of 503", () => {
    const received = [{ atMs: 1_300, text: "HTTP/1.1 503 Service Unavailable\r\n\r\n" }];
    expect(run(several(() => queued({ received })))).toMatchObject({ outcome: "violated", violations: 8 });
  });

  it("is violated by an answer that breaks off", () => {
    const cut = {
      received: [{ atMs: 1_300, text: "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{" }],
      end: "reset",
    } as const;
    expect(run(several((index) => queued(index === 0 ? cut : {})))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
  });

  it("holds for the answers of a server that speaks HTTP/1.0", () => {
    const received = [{ atMs: 1_300, text: "HTTP/1.0 200 OK\r\n\r\n{}" }];
    expect(run(several(() => queued({ received })))).toMatchObject({ outcome: "held", trials: 8 });
  });

  it("decides nothing if somebody accepted and answered before the reload", () => {
    expect(run(several((index) => queued(index === 0 ? { answeredMs: 800 } : {}))).outcome).toBe("inconclusive");
  });

  it("decides nothing if a connection was not there, or few were", () => {
    expect(run(several(() => queued({ connectedMs: Number.NaN, end: "refused" }))).outcome).toBe("inconclusive");
    expect(run(several(() => queued(), 2)).outcome).toBe("inconclusive");
    expect(run([]).outcome).toBe("inconclusive");
  });

  it("decides nothing without a reload, one that failed, or one without effect", () => {
    expect(
      run(
        several(() => queued()),
        [],
      ).outcome,
    ).toBe("inconclusive");
    expect(
      run(
        several(() => queued()),
        [action({ error: "gone" })],
      ).outcome,
    ).toBe("inconclusive");
    expect(
      run(
        several(() => queued()),
        [action({ servedMs: undefined })],
      ).outcome,
    ).toBe("inconclusive");
  });
});

describe("availability/silent-connection-answered", () => {
  const check = waitingConnections["availability/silent-connection-answered"];
  const silent = (facts: Parameters<typeof conversation>[1] = {}) =>
    conversation("silent-front", { askedMs: 1_400, ...facts });
  const run = (observations: Conversation[], actions = [reload]) => check(history({ actions, observations }));

  it("holds where each is answered", () => {
    expect(run(several(() => silent()))).toMatchObject({ outcome: "held", trials: 8 });
  });

  it("is violated by one that was closed in between", () => {
    const observations = several((index) => silent(index === 0 ? { ...unanswered, endedMs: 1_050 } : {}));
    expect(run(observations)).toMatchObject({
      outcome: "violated",
      violations: 1,
      observed: expect.stringContaining("1 closed without an answer"),
    });
  });

  it("decides nothing if one spoke too early, or was not open at the reload", () => {
    expect(run(several((index) => silent(index === 0 ? { askedMs: 1_100 } : {}))).outcome).toBe("inconclusive");
    expect(run(several(() => silent({ connectedMs: 1_100 }))).outcome).toBe("inconclusive");
    expect(run(several(() => silent({ ...unanswered, endedMs: 800 }))).outcome).toBe("inconclusive");
    expect(run([]).outcome).toBe("inconclusive");
  });

  it("decides nothing without a reload that had an effect", () => {
    expect(
      run(
        several(() => silent()),
        [],
      ).outcome,
    ).toBe("inconclusive");
    expect(
      run(
        several(() => silent()),
        [action({ servedMs: undefined })],
      ).outcome,
    ).toBe("inconclusive");
  });
});
