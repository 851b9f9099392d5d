import { describe, expect, it } from "vitest";
import type { History } from "../../spec/history.ts";
import type { Conversation } from "../../spec/observation.ts";
import { history, load } from "../testing/history-fixture.ts";
import { proxyClients } from "./proxy-clients.ts";

const talk = (name: string, facts: Partial<Conversation> = {}): Conversation => ({
  kind: "conversation",
  name: `slow/${name}`,
  at: "front",
  connectedMs: 100,
  sent: [{ atMs: 100, text: "GET" }],
  received: [],
  receivedBytes: 0,
  end: "fin",
  endedMs: 700,
  ...facts,
});

const ASKED = [{ atMs: 110, text: "GET /bytes?n=5000 HTTP/1.1\r\n\r\n" }];
const reader = (receivedBytes: number, status = 200): Conversation => {
  const received = receivedBytes > 0 ? [{ atMs: 120, text: `HTTP/1.1 ${status} X\r\n\r\n` }] : [];
  return talk("reader", { sent: ASKED, received, receivedBytes, endedMs: 9_000 });
};
const others = load([{}, {}, {}], { name: "others" });

const seen = (talks: readonly Conversation[], loads = [others]): History =>
  history({ loads, observations: talks, target: { slowClientMs: 500 } });

describe("proxy/slow-clients-bounded", () => {
  const check = proxyClients["proxy/slow-clients-bounded"];

  it("holds where each was ended in time, a reader whenever it noticed", () => {
    expect(check(seen([talk("head"), reader(3_000)]))).toMatchObject({ outcome: "held", trials: 5 });
  });

  it("is violated by one that was not, or late", () => {
    for (const facts of [{ end: "open", endedMs: Number.NaN }, { endedMs: 2_200 }] as const) {
      expect(check(seen([talk("head", facts)]))).toMatchObject({
        outcome: "violated",
        observed: "not ended in time: head",
      });
    }
  });

  it("does not count a time in which the suite could not see the end", () => {
    const paused = { ...seen([talk("head", { endedMs: 2_200 })]), pauses: [{ fromMs: 1_000, toMs: 2_200 }] };
    expect(check(paused).outcome).toBe("held");
    const open = { ...seen([talk("head", { end: "open", endedMs: Number.NaN })]), pauses: paused.pauses };
    expect(check(open).outcome).toBe("violated");
  });

  it("is violated by a reader that was waited for", () => {
    expect(check(seen([reader(5_041)]))).toMatchObject({ outcome: "violated", observed: "not ended in time: reader" });
  });

  it("is violated by others that were held up", () => {
    const failing = load([{}, { outcome: "status-503" }]);
    const late = load([{}, { doneMs: 2_000 }]);
    expect(check(seen([talk("head")], [failing])).outcome).toBe("violated");
    expect(check(seen([talk("head")], [late])).outcome).toBe("violated");
    // By the suite itself is not by them.
    const pauses = [{ fromMs: 200, toMs: 1_900 }];
    expect(check({ ...seen([talk("head")], [late]), pauses }).outcome).toBe("held");
  });

  it("decides nothing where nobody was slow, or the target names no limit", () => {
    expect(check(seen([])).outcome).toBe("inconclusive");
    expect(check(seen([reader(0)])).outcome).toBe("inconclusive");
    expect(check(seen([reader(120, 502)])).outcome).toBe("inconclusive");
    expect(check(history()).outcome).toBe("unsupported");
  });
});
