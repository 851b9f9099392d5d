import { describe, expect, test } from "vitest";
import { Client, FakeUpstream, OK, TestProxy } from "./testing/fixture.ts";

const POST = "POST / HTTP/1.1\r\nHost: a\r\n";
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

const REFUSED: Readonly<Record<string, string>> = {
  "space before the colon": "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
  "folded line": "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
  "line beginning with a space": "GET / HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n",
  "bare LF": "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
  "bare CR": "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
  "NUL in a value": "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n",
  "length, then coding": `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "coding, then length": `${POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  "differing lengths": `${POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\n123456`,
  "list of lengths": `${POST}Content-Length: 5, 5\r\n\r\n12345`,
  "signed length": `${POST}Content-Length: +5\r\n\r\n12345`,
  "empty length": `${POST}Content-Length: \r\n\r\n`,
  "empty coding before chunked": `${POST}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n`,
  "chunked twice": `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  "other coding before chunked": `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  "two fields of coding": `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  "unknown coding": `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  "coding on HTTP/1.0": "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "negative chunk": `${CHUNKED}-1\r\n\r\n`,
  "chunk with 0x": `${CHUNKED}0x1\r\na\r\n0\r\n\r\n`,
  "chunk size beyond 64 bits": `${CHUNKED}10000000000000001\r\na\r\n0\r\n\r\n`,
  "chunk longer than it says": `${CHUNKED}1\r\nab\r\n0\r\n\r\n`,
  "LF in a chunk extension": `${CHUNKED}1;a=\nb\r\na\r\n0\r\n\r\n`,
  "two Hosts": "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
  "no Host": "GET / HTTP/1.1\r\n\r\n",
  "invalid Host": "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
  "Host with a user": "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
  "target with a fragment": "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n",
  "absolute target with a user": "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
};

describe("ambiguous framing is refused and the connection closed", () => {
  test.each(Object.entries(REFUSED))("%s", async (_name, bytes) => {
    await using upstream = await FakeUpstream.start(() => undefined);
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    client.send(`${bytes}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`);
    // A reset could overtake the words.
    expect(await client.closed()).toBe("fin");
    expect(client.text).toMatch(/^HTTP\/1\.1 400 /);
    expect(client.text).toContain("Connection: close");
    expect(client.text.split("HTTP/1.1 ")).toHaveLength(2);
    // Of a chunked body the head may have gone out before the bad chunk came, never its end and never the next request.
    expect(upstream.received.join("")).not.toContain("smuggled");
    expect(upstream.received.join("")).not.toContain("\r\n0\r\n\r\n");
  });

  test("HTTP/2 and HTTP/0.9 have no place on this port", async () => {
    await using upstream = await FakeUpstream.start((socket) => socket.write(OK));
    await using front = await TestProxy.start(upstream.address);
    using old = await Client.connect(front.port);
    await old.send("GET /\r\n\r\n").closed();
    using young = await Client.connect(front.port);
    await young.send("GET / HTTP/2.0\r\nHost: a\r\n\r\n").closed();
    expect([old.text.slice(0, 12), young.text.slice(0, 12)]).toEqual(["HTTP/1.1 505", "HTTP/1.1 505"]);
    expect(upstream.received).toEqual([]);
  });

  test("requests before the malformed one are answered first", async () => {
    await using upstream = await FakeUpstream.start((socket) => socket.write(OK));
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client
      .send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost : a\r\n\r\n")
      .closed();
    expect(client.text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 400"]);
  });
});
