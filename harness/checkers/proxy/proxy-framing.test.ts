import { describe, expect, it, test } from "vitest";
import { FRAMING_CASES, framingBytes, idBehind } from "../../spec/framing-cases.ts";
import type { History } from "../../spec/history.ts";
import type { Conversation, OriginRequest } from "../../spec/observation.ts";
import { history } from "../testing/history-fixture.ts";
import { proxyFraming } from "./proxy-framing.ts";
import { ambiguityOf } from "./strict-reading.ts";

const arrival = (id: string, head: string, body = ""): OriginRequest => ({
  atMs: 5,
  connection: 0,
  ordinal: 1,
  id,
  head,
  body,
  bodyBytes: 0,
  whole: true,
  fate: "answered",
});

const talk = (name: string, sent: string, received: string, end: Conversation["end"] = "fin"): Conversation => ({
  kind: "conversation",
  name,
  at: "front",
  connectedMs: 1,
  sent: [{ atMs: 1, text: sent }],
  received: [{ atMs: 2, text: received }],
  receivedBytes: received.length,
  end,
  endedMs: 3,
});

const caseTalk = (slug: string, status: number, end?: Conversation["end"]): Conversation => {
  const row = FRAMING_CASES.find((one) => one.slug === slug);
  if (!row) throw new Error(slug);
  const sent = framingBytes(row, { host: "a", id: slug, behind: idBehind(slug) });
  return talk(`framing/${slug}`, sent, `HTTP/1.1 ${status} Words\r\nConnection: close\r\n\r\n`, end);
};

const GET = "GET / HTTP/1.1\r\nHost: a";
const seen = (talks: readonly Conversation[], requests: readonly OriginRequest[]): History =>
  history({ observations: [...talks, { kind: "origin", name: "framing", atMs: 9, requests, idledOut: 0 }] });

describe("proxy/framing-strict", () => {
  const check = proxyFraming["proxy/framing-strict"];
  const valid = caseTalk("get", 200);
  const arrived = arrival("get", GET);

  it("holds where what is ambiguous is refused and what is valid is taken", () => {
    const talks = [valid, caseTalk("length-then-coding", 400), caseTalk("two-hosts", 400)];
    expect(check(seen(talks, [arrived]))).toMatchObject({ outcome: "held", trials: 3 });
  });

  it("accepts what was passed on in a form of one reading", () => {
    const mended = arrival("folded-line", `${GET}\r\nX-Y: a b`);
    expect(check(seen([valid, caseTalk("folded-line", 200, "open")], [arrived, mended])).outcome).toBe("held");
  });

  it("is violated by an ambiguity that was passed on", () => {
    const raw = arrival("folded-line", `${GET}\r\nX-Y: a\r\n b`);
    expect(check(seen([valid, caseTalk("folded-line", 200)], [arrived, raw]))).toMatchObject({
      outcome: "violated",
      evidence: [{ text: expect.stringMatching(/^folded-line: passed on with the line .*section 5\.2/) }],
    });
  });

  it("is violated by the request behind one whose end is in doubt, not behind another", () => {
    const behind = (slug: string): OriginRequest => arrival(idBehind(slug), GET);
    const inDoubt = caseTalk("length-then-coding", 400);
    expect(check(seen([valid, inDoubt], [arrived, behind("length-then-coding")])).outcome).toBe("violated");
    expect(check(seen([valid, caseTalk("two-hosts", 400)], [arrived, behind("two-hosts")])).outcome).toBe("held");
  });

  it("is violated by a 2xx where there is no choice", () => {
    const mended = arrival("two-hosts", GET);
    expect(check(seen([valid, caseTalk("two-hosts", 200)], [arrived, mended])).outcome).toBe("violated");
  });

  it("is violated by a valid request that was refused", () => {
    expect(check(seen([valid, caseTalk("chunked", 400)], [arrived])).outcome).toBe("violated");
  });

  it("is violated by a proxy that is gone after one of them", () => {
    const deaf = { ...caseTalk("two-hosts", 400, "refused"), connectedMs: Number.NaN };
    expect(check(seen([valid, deaf], [arrived])).outcome).toBe("violated");
    expect(check(seen([deaf], [])).outcome).toBe("inconclusive");
  });

  it("decides nothing where nothing was sent, or nothing could have arrived", () => {
    expect(check(history()).outcome).toBe("inconclusive");
    expect(check(seen([caseTalk("two-hosts", 400)], [])).outcome).toBe("inconclusive");
  });
});

describe("proxy/hop-by-hop-removed", () => {
  const check = proxyFraming["proxy/hop-by-hop-removed"];
  const sent = `${GET}\r\nx-hupspec-id: h\r\nConnection: close, X-Private\r\nX-Private: 1\r\n\r\n`;
  const clean = talk("hop/plain", sent, "HTTP/1.1 200 OK\r\n\r\nx-hupspec-hop: in the body");

  it("holds where the fields ended at the proxy", () => {
    expect(check(seen([clean], [arrival("h", GET)]))).toMatchObject({ outcome: "held", trials: 2 });
  });

  it("is violated by a field at the application, and by one at the client", () => {
    expect(check(seen([clean], [arrival("h", `${GET}\r\nx-private: 1`)])).outcome).toBe("violated");
    const passed = talk("hop/plain", sent, "HTTP/1.1 200 OK\r\nX-Hupspec-Hop: answer\r\n\r\n");
    expect(check(seen([passed], [arrival("h", GET)]))).toMatchObject({ outcome: "violated", violations: 1 });
  });

  it("decides nothing where no such request was answered", () => {
    expect(check(history()).outcome).toBe("inconclusive");
    expect(check(seen([talk("hop/plain", sent, "HTTP/1.1 400 Bad\r\n\r\n")], [])).outcome).toBe("inconclusive");
  });
});

const CHUNKED = `${GET}\r\nTransfer-Encoding: chunked`;

test.each([
  [GET, ""],
  [`${GET}:80\r\nContent-Length: 5\r\nX-Empty:`, "hello"],
  [CHUNKED, "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"],
  [CHUNKED, "5\r\nhel"],
  [CHUNKED, "5\r\nhello\r"],
  [CHUNKED, "f"],
  ["GET http://a/b HTTP/1.1\r\nHost: A", ""],
  ["GET / HTTP/1.0", ""],
])("read in one way: %j %j", (head, body) => expect(ambiguityOf({ head, body })).toBeUndefined());

test.each([
  [`${GET}\nX: y`, "", /bare CR or LF/],
  [`${GET}\r\nX: a\rb`, "", /bare CR or LF/],
  [`${GET}\r\nX: a\0b`, "", /NUL/],
  [`GET  / HTTP/1.1\r\nHost: a`, "", /start line/],
  [`${GET}\r\nX : y`, "", /the line "X : y"/],
  [`${GET}\r\n folded`, "", /the line/],
  [`${GET}\r\nHost: b`, "", /2 Host fields/],
  ["GET / HTTP/1.1", "", /no Host/],
  ["GET / HTTP/1.1\r\nHost: a b", "", /the Host "a b"/],
  ["GET http://b/ HTTP/1.1\r\nHost: a", "", /the target names b/],
  [`${CHUNKED}\r\nContent-Length: 5`, "", /beside/],
  [`${GET}\r\nContent-Length: 5\r\nContent-Length: 5`, "", /Content-Length/],
  [`${GET}\r\nContent-Length: +5`, "", /Content-Length/],
  [`${GET}\r\nTransfer-Encoding: , chunked`, "", /Transfer-Encoding/],
  [CHUNKED, "0x5\r\nhello\r\n", /chunk size "0x5"/],
  [CHUNKED, "5\r\nhello, world\r\n", /chunk of 5 bytes/],
  [CHUNKED, "5;a=\nb\r\n", /chunk size/],
])("read in several: %j %j", (head, body, what) => expect(ambiguityOf({ head, body })).toMatch(what));
