import { describe, expect, it } from "vitest";
import { conversation, rawAnswer } from "../testing/conversation-fixture.ts";
import { deadlineConnections } from "./deadline-connections.ts";
import { drained, heldAcross, oldGoneAt } from "../testing/deadline-fixture.ts";

describe("connections/cut-is-detectable", () => {
  const check = deadlineConnections["connections/cut-is-detectable"];
  const stream = (outcome: "truncated" | "wrong-answer" | "ok") =>
    heldAcross({ outcome, firstByteMs: 905, doneMs: 3_250 }, { by: "stream", bodyEnd: "chunk 80 of 400\n" });

  it("holds where a cut shows as one", () => {
    expect(check(drained({ held: [stream("truncated"), stream("ok")] }))).toMatchObject({ outcome: "held", trials: 1 });
  });

  it("is violated by the framing of a complete answer", () => {
    expect(check(drained({ held: [stream("truncated"), stream("wrong-answer")] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [{ text: expect.stringContaining("chunk 80 of 400") }],
    });
  });

  it("decides nothing if nothing was cut", () => {
    expect(check(drained()).outcome).toBe("inconclusive");
    expect(check(drained({ held: [stream("ok")] })).outcome).toBe("inconclusive");
    expect(check(drained({ held: [heldAcross({ outcome: "truncated" })] })).outcome).toBe("inconclusive");
  });
});

describe("connections/idle-cannot-pin", () => {
  const check = deadlineConnections["connections/idle-cannot-pin"];
  const idle = conversation({
    name: "idle-front",
    sent: [{ atMs: 900, text: "GET /" }],
    received: [{ atMs: 905, text: rawAnswer() }],
    end: "fin",
    endedMs: 3_250,
  });
  const processes = (atMs: number) => ({ cpuSeconds: 1, peakPssBytes: 1, samples: oldGoneAt(atMs) });

  it("holds where the old worker is gone in time", () => {
    expect(check(drained({ observations: [idle] }))).toMatchObject({ outcome: "held", trials: 1 });
    const open = { ...idle, end: "open", endedMs: Number.NaN } as const;
    expect(check(drained({ observations: [open], processes: processes(4_000) })).outcome).toBe("held");
  });

  it("is violated where the old worker stays", () => {
    expect(check(drained({ observations: [idle], processes: processes(5_500) }))).toMatchObject({
      outcome: "violated",
      violations: 1,
    });
  });

  it("decides nothing without an idle client, or with a request in flight beside it", () => {
    expect(check(drained()).outcome).toBe("inconclusive");
    const held = [heldAcross({ outcome: "truncated" })];
    expect(check(drained({ observations: [idle], held })).outcome).toBe("inconclusive");
    const gone = { ...idle, endedMs: 950 };
    expect(check(drained({ observations: [gone] })).outcome).toBe("inconclusive");
  });
});

describe("connections/websocket-drains", () => {
  const check = deadlineConnections["connections/websocket-drains"];
  const handshake = { atMs: 905, text: "HTTP/1.1 101 Switching Protocols\r\n\r\n" };
  const webSocket = (endedMs: number, last = "\x88\x02\x03\xe9") =>
    conversation({
      name: "websocket-front",
      received: [handshake, ...(last === "" ? [] : [{ atMs: endedMs, text: last }])],
      end: Number.isNaN(endedMs) ? "open" : "fin",
      endedMs,
    });
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata:x\r\n";
  const events = (lastMs: number, last = "0\r\n\r\n", endedMs = Number.NaN) =>
    conversation({
      name: "events-front",
      received: [
        { atMs: 905, text: head },
        { atMs: lastMs, text: last },
      ],
      end: Number.isNaN(endedMs) ? "open" : "fin",
      endedMs,
    });

  it("holds where they live to the deadline and end with a code", () => {
    expect(check(drained({ observations: [webSocket(3_250), events(3_200)] }))).toMatchObject({
      outcome: "held",
      trials: 2,
      observed: expect.stringContaining("close code 1001, last chunk of the event stream"),
    });
  });

  it.each([
    ["end early", webSocket(1_300), /ended 300 ms after the reload/],
    ["end without a code", webSocket(3_250, ""), /without a close code/],
    ["do not end", webSocket(Number.NaN, ""), /still$/],
    ["break off", events(3_200, "6\r\ndata:y\r\n", 3_250), /last chunk/],
    ["are over too soon", events(1_300), /ended 300 ms/],
  ])("is violated where they %s", (_, talk, text) => {
    expect(check(drained({ observations: [talk] }))).toMatchObject({
      outcome: "violated",
      violations: 1,
      evidence: [{ text: expect.stringMatching(text) }],
    });
  });

  it("is unsupported without any, and decides nothing if none was open at the reload", () => {
    expect(check(drained()).outcome).toBe("unsupported");
    expect(check(drained({ observations: [webSocket(950)] })).outcome).toBe("inconclusive");
  });
});
