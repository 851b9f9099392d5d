import { describe, expect, test } from "vitest";
import { Client, FakeUpstream, OK, TestProxy, until } from "./testing/fixture.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";

describe("retry only where it is safe", () => {
  test("a GET on a pooled connection that closes unanswered goes out again, on a fresh one", async () => {
    await using upstream = await FakeUpstream.start((socket, text, number) => {
      // The first connection answers once and then closes on the next request.
      if (number === 0 && upstream.received[0] !== text) socket.end();
      else socket.write(OK);
    });
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client.send(GET).sees("ok");
    await client.send(GET).sees("200 OK", 2);
    expect(upstream.received.map((text) => text.split("GET / ").length - 1)).toEqual([2, 1]);
    await until(
      async () => (await front.records()).length === 2,
      () => "two access records",
    );
    expect((await front.records()).map(({ retries, status }) => [retries, status])).toEqual([
      [0, 200],
      [1, 200],
    ]);
  });

  test("a GET that fails on a fresh connection is not sent again", async () => {
    await using upstream = await FakeUpstream.start((socket) => socket.end());
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client.send(GET).sees("502 Bad Gateway");
    expect(upstream.received).toHaveLength(1);
  });

  test("a GET is not sent again once a byte of an answer came", async () => {
    await using upstream = await FakeUpstream.start((socket, text, number) => {
      if (number === 0 && upstream.received[0] !== text) socket.end("H");
      else socket.write(OK);
    });
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client.send(GET).sees("ok");
    await client.send(GET).sees("502 Bad Gateway");
    expect(upstream.received).toHaveLength(1);
  });

  test("a POST gets a fresh connection and is never sent twice", async () => {
    await using upstream = await FakeUpstream.start((socket, text) => {
      if (text.startsWith("GET")) socket.write(OK);
      else socket.end();
    });
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client.send(GET).sees("ok");
    await client.send(POST).sees("502 Bad Gateway");
    expect(upstream.received.map((text) => text.split(" ")[0])).toEqual(["GET", "POST"]);
    expect(upstream.received.join("").split("POST / ")).toHaveLength(2);
  });

  test("one failure is no blackout, and a refused connection is a 502 at once", async () => {
    let address: string;
    {
      await using upstream = await FakeUpstream.start((socket) => socket.write(OK));
      address = upstream.address;
    }
    await using front = await TestProxy.start(address);
    using client = await Client.connect(front.port);
    await client.send(POST).sees("502 Bad Gateway");
    await client.send(GET).sees("502 Bad Gateway", 2);
    expect(client.ended).toBeUndefined();
  });

  test("an idle connection that the upstream closes is not used again, a POST included", async () => {
    await using upstream = await FakeUpstream.start((socket) => socket.write(OK));
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client.send(GET).sees("ok");
    const gone = new Promise((resolve) => upstream.connections[0]?.once("close", resolve));
    upstream.connections[0]?.end();
    await gone;
    await client.send(GET).sees("200 OK", 2);
    expect(upstream.connections).toHaveLength(2);
    await until(
      async () => (await front.records()).length === 2,
      () => "two access records",
    );
    expect((await front.records()).map(({ retries }) => retries)).toEqual([0, 0]);
  });

  test("an answer with Connection: close is the last on its connection; others share one", async () => {
    await using upstream = await FakeUpstream.start((socket, _text, number) =>
      socket.write(number === 0 ? OK.replace("\r\n", "\r\nConnection: close\r\n") : OK),
    );
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    for (let count = 1; count <= 3; count++) await client.send(GET).sees("200 OK", count);
    expect(upstream.received.map((text) => text.split("GET / ").length - 1)).toEqual([1, 2]);
    expect(client.text).not.toContain("Connection: close");
  });
});

describe("an answer cut short reaches the client as a failure", () => {
  const CUT: Readonly<Record<string, string>> = {
    "Content-Length": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    chunked: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "inside a chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
    "without the last empty line": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
    "bad chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n",
  };
  test.each(Object.entries(CUT))("%s", async (_name, answer) => {
    await using upstream = await FakeUpstream.start((socket) => socket.end(answer, "latin1"));
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client.send(GET).closed();
    // What a broken chunk comes with may be lost along with it, but no other answer takes its place.
    expect(client.text).toMatch(/^(?:HTTP\/1\.1 200 OK|$)/);
    expect(client.text).not.toContain("0\r\n\r\n");
  });

  test("to a client of HTTP/1.0, whose body ends with the connection, as a reset", async () => {
    await using upstream = await FakeUpstream.start((socket) => socket.end(CUT["chunked"] ?? "", "latin1"));
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    expect(await client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n").closed()).toBe("reset");
  });

  const BAD: Readonly<Record<string, string>> = {
    "no HTTP": "SSH-2.0\r\n\r\n",
    "length and coding": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    "differing lengths": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "unknown coding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "space before the colon": "HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
    "switching unasked": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
  };
  test.each(Object.entries(BAD))("an answer that can't be read is a 502: %s", async (_name, answer) => {
    await using upstream = await FakeUpstream.start((socket) => socket.write(answer, "latin1"));
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client.send(GET).sees("502 Bad Gateway");
  });
});

describe("what is forwarded", () => {
  test("hop-by-hop fields stay, forwarded ones are the proxy's own words", async () => {
    await using upstream = await FakeUpstream.start((socket) =>
      socket.write(
        "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nX-End: 2\r\n" +
          "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nX-Trailer: t\r\n\r\n",
      ),
    );
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    const fields = [
      "Connection: close, X-Secret, keep-alive",
      "X-Secret: 1",
      "Keep-Alive: 5",
      "Proxy-Authorization: x",
      "Proxy: y",
      "TE: trailers, gzip",
      "Upgrade: h2c",
      "X-Forwarded-For: 10.0.0.1",
      "X-Forwarded-Proto: https",
      "X_Forwarded_For: 10.9.9.9",
      "X-End: 3",
    ];
    await client.send(`GET http://B.example:81/p?q HTTP/1.1\r\nHost: a\r\n${fields.join("\r\n")}\r\n\r\n`).closed();
    expect(upstream.received[0]?.split("\r\n")).toEqual([
      "GET /p?q HTTP/1.1",
      "Host: B.example:81",
      "X-End: 3",
      "X-Forwarded-For: 10.0.0.1, 127.0.0.1",
      "X-Forwarded-Proto: http",
      "X-Forwarded-Host: B.example:81",
      "Via: 1.1 hupspec",
      "Connection: TE",
      "TE: trailers",
      "",
      "",
    ]);
    expect(client.text).not.toMatch(/x-hop|proxy-auth|timeout=5\b/i);
    expect(client.text).toContain("X-End: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
    expect(client.text).toMatch(/2\r\nok\r\n0\r\nX-Trailer: t\r\n\r\n$/);
  });

  test("a chunked body with trailers is framed anew; 100 and 103 go back to the client", async () => {
    await using upstream = await FakeUpstream.start((socket, text) => {
      if (text.startsWith("POST"))
        socket.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
      if (text.endsWith("\r\n\r\n") && text.includes("0\r\n")) socket.write(OK);
    });
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
    await client.sees("100 Continue");
    await client.send("3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n").sees("200 OK");
    expect(client.text).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/x>\r\n\r\nHTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/,
    );
    expect(upstream.received[0]).toMatch(/\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n$/);
    expect(upstream.received[0]).toContain("Expect: 100-continue");
  });

  test("HEAD, 204, 304 and a body that ends with the connection", async () => {
    const answers: Readonly<Record<string, string>> = {
      "/head": "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
      "/204": "HTTP/1.1 204 No Content\r\n\r\n",
      "/304": "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: x\r\n\r\n",
      "/eof": "HTTP/1.0 200 Fine\r\n\r\nuntil the end",
    };
    await using upstream = await FakeUpstream.start((socket, text) => {
      const path = text.split(" ")[1] ?? "";
      socket.write(answers[path] ?? "");
      if (path === "/eof") socket.end();
    });
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    const heads = ["HEAD /head", "GET /204", "GET /304", "GET /eof"].map(
      (line) => `${line} HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    await client.send(heads.join("")).sees("\r\n0\r\n\r\n");
    expect(client.text.match(/HTTP\/1\.1 \d+ .*/g)).toEqual([
      "HTTP/1.1 200 OK",
      "HTTP/1.1 204 No Content",
      "HTTP/1.1 304 Not Modified",
      "HTTP/1.1 200 Fine",
    ]);
    expect(client.text).toContain("d\r\nuntil the end\r\n0\r\n\r\n");
  });

  test("hosts are found without regard to case and port; others are misdirected", async () => {
    await using one = await FakeUpstream.start((socket) => socket.write(OK.replace("ok", "11")));
    await using two = await FakeUpstream.start((socket) => socket.write(OK.replace("ok", "22")));
    await using front = await TestProxy.start({ "one.test": one.address, "two.test": two.address });
    using client = await Client.connect(front.port);
    await client
      .send(
        "GET / HTTP/1.1\r\nHost: ONE.test:80\r\n\r\nGET / HTTP/1.1\r\nHost: two.test\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
      )
      .sees("421");
    expect(client.text.indexOf("\r\n\r\n11")).toBeLessThan(client.text.indexOf("\r\n\r\n22"));
    expect(client.text).toMatch(/\r\n\r\n11HTTP[^]*\r\n\r\n22HTTP/);
  });

  test("many pipelined requests are answered in order", async () => {
    await using upstream = await FakeUpstream.start((socket, text) => {
      const number = (text.split(" ")[1] ?? "").slice(1).padStart(4, "0");
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${number}`);
    });
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    client.send(numbers.map((number) => `GET /${number} HTTP/1.1\r\nHost: a\r\n\r\n`).join(""));
    await client.sees("200 OK", 500);
    await client.sees("\r\n\r\n0499");
    expect([...client.text.matchAll(/\r\n\r\n(\d{4})/g)].map((match) => Number(match[1]))).toEqual(numbers);
    expect(upstream.connections).toHaveLength(1);
  });
});
