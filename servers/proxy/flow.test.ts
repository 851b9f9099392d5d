import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { Client, configOf, FakeUpstream, OK, TestProxy, until } from "./testing/fixture.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const MIB = 1024 ** 2;

describe("streams go at the pace of their reader", () => {
  test("an answer of 64 MiB to a client that does not read yet stays with the upstream", async () => {
    const total = 64 * MIB;
    let written = 0;
    await using upstream = await FakeUpstream.start((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      const more = (): void => {
        while (written < total) {
          written += MIB;
          if (!socket.write(Buffer.alloc(MIB, "x"))) return;
        }
      };
      socket.on("drain", more);
      more();
    });
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    client.socket.pause();
    client.send(GET);
    // It comes to rest where the socket buffers are full.
    let seen = -1;
    await until(
      async () => {
        const before = seen;
        seen = written;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return before > 0 && before === written;
      },
      () => "the upstream to be held back",
    );
    expect(written).toBeLessThan(total / 2);
    let bytes = 0;
    client.socket.removeAllListeners("data");
    client.socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    client.socket.resume();
    await until(
      () => bytes > total,
      () => `all of ${total} bytes, got ${bytes}`,
    );
  });

  test("a reader that stops is cut after sendTimeoutMs and others are served meanwhile", async () => {
    await using upstream = await FakeUpstream.start((socket, text) => {
      if (text.startsWith("GET /big"))
        socket.write(
          Buffer.concat([
            Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${32 * MIB}\r\n\r\n`),
            Buffer.alloc(32 * MIB),
          ]),
        );
      else socket.write(OK);
    });
    await using front = await TestProxy.start(upstream.address, { sendTimeoutMs: 300 });
    using slow = await Client.connect(front.port);
    slow.socket.pause();
    slow.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    using other = await Client.connect(front.port);
    await other.send(GET).sees("ok");
    await until(
      async () => (await front.records()).length === 2,
      () => "the slow reader's end",
    );
    expect((await front.records())[1]).toMatchObject({ path: "/big", complete: false });
  });

  test("an upload reaches the upstream to the byte", async () => {
    const size = 8 * MIB;
    let got = 0;
    await using upstream = await FakeUpstream.start((socket, text) => {
      got += text.length;
      if (got >= size && text.endsWith("!")) socket.write(OK);
    });
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    client
      .send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
      .send("a".repeat(size - 1))
      .send("!");
    await client.sees("200 OK");
    expect(upstream.received[0]?.split("\r\n\r\n")[1]).toHaveLength(size);
  });
});

test("an answer that comes before the end of an upload reaches the client, and its connection goes on", async () => {
  await using upstream = await FakeUpstream.start((socket, text) => {
    if (text.startsWith("GET")) socket.write(OK);
    else if (text.startsWith("POST")) socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  });
  await using front = await TestProxy.start(upstream.address);
  using client = await Client.connect(front.port);
  await client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${MIB}\r\n\r\nabc`).sees("413 Too Large");
  await client
    .send("x".repeat(MIB - 3))
    .send(GET)
    .sees("200 OK");
  // Its body was not all sent, so that connection carries no other request.
  expect(upstream.connections).toHaveLength(2);
});

test("an upstream dropped from the configuration gets no connection back from a request that began before", async () => {
  await using old = await FakeUpstream.start(() => undefined);
  await using front = await TestProxy.start(old.address);
  using client = await Client.connect(front.port);
  client.send(GET);
  await until(
    () => old.connections.length === 1,
    () => "the request at the upstream",
  );
  await front.proxy.apply(configOf(front.folder, "127.0.0.1:1", {}));
  old.connections[0]?.write(OK);
  await client.sees("ok");
  await until(
    () => old.connections[0]?.destroyed === true,
    () => "the end of its connection",
  );
});

test("connecting goes on for connectRetryMs where the upstream refuses", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "hupspec-proxy-"));
  try {
    const socketFile = path.join(folder, "app.sock");
    await using front = await TestProxy.start(socketFile, { connectRetryMs: 5_000 });
    using client = await Client.connect(front.port);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    await using upstream = await FakeUpstream.start((socket) => socket.write(OK), socketFile);
    await client.sees("200 OK");
    expect(upstream.received).toHaveLength(1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe("every silence has its limit", () => {
  test("slow head: 408", async () => {
    await using front = await TestProxy.start("127.0.0.1:1", { headerTimeoutMs: 200 });
    using client = await Client.connect(front.port);
    await client.send("GET / HTTP/1.1\r\nHo").closed();
    expect(client.text).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("slow body: 408, and the upstream's connection is given up", async () => {
    await using upstream = await FakeUpstream.start(() => undefined);
    await using front = await TestProxy.start(upstream.address, { bodyTimeoutMs: 200 });
    using client = await Client.connect(front.port);
    await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab").closed();
    expect(client.text).toMatch(/^HTTP\/1\.1 408 /);
    await until(
      () => upstream.connections[0]?.destroyed === true,
      () => "the end of the upstream's connection",
    );
  });

  test("silent upstream: 504, and the client's connection goes on", async () => {
    await using upstream = await FakeUpstream.start(
      (socket, text) => void (text.startsWith("GET /ok") && socket.write(OK)),
    );
    await using front = await TestProxy.start(upstream.address, { upstreamTimeoutMs: 200 });
    using client = await Client.connect(front.port);
    await client.send(GET).sees("504 Gateway Timeout");
    await client.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n").sees("200 OK");
  });

  test("upstream that falls silent in mid-answer: cut", async () => {
    await using upstream = await FakeUpstream.start((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
    );
    await using front = await TestProxy.start(upstream.address, { upstreamTimeoutMs: 200 });
    using client = await Client.connect(front.port);
    await client.send(GET).closed();
    expect(client.text).toMatch(/\r\n\r\nabc$/);
  });

  test("pooled connections end before the limit that the upstream announced", async () => {
    await using upstream = await FakeUpstream.start((socket) =>
      socket.write(OK.replace("\r\n", "\r\nKeep-Alive: timeout=1\r\n")),
    );
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client.send(GET).sees("ok");
    await client.send(GET).sees("200 OK", 2);
    expect(upstream.connections).toHaveLength(2);
  });

  test("a client that leaves frees the upstream and is logged as 499", async () => {
    await using upstream = await FakeUpstream.start(() => undefined);
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    client.send(GET);
    await until(
      () => upstream.connections.length === 1,
      () => "the request at the upstream",
    );
    client.socket.resetAndDestroy();
    await until(
      () => upstream.connections[0]?.destroyed === true,
      () => "the end of the upstream's connection",
    );
    await until(
      async () => (await front.records()).length === 1,
      () => "its access record",
    );
    expect((await front.records())[0]).toMatchObject({ event: "access", status: 499, complete: false });
  });
});

test("a client that half-closes gets its answer", async () => {
  await using upstream = await FakeUpstream.start((socket) => void setTimeout(() => socket.write(OK), 20));
  await using front = await TestProxy.start(upstream.address);
  using client = await Client.connect(front.port);
  client.socket.end(GET);
  await client.sees("ok");
});

describe("tunnels", () => {
  const UPGRADE =
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";

  test("bytes go both ways, early ones included, and a FIN is passed on", async () => {
    await using upstream = await FakeUpstream.start((socket, text) => {
      if (text.startsWith("GET"))
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s\r\n\r\nhello",
        );
      else socket.write(`<${text}>`);
    });
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    await client.send(UPGRADE).sees("hello");
    await client.send("ping").sees("<ping>");
    expect(client.text).toMatch(/^HTTP\/1\.1 101 [^]*Sec-WebSocket-Accept: s\r\n[^]*Upgrade: websocket\r\n\r\nhello/);
    client.socket.end();
    expect(await client.closed()).toBe("fin");
    await until(
      async () => (await front.records()).length === 1,
      () => "its access record",
    );
    expect((await front.records())[0]).toMatchObject({ path: "/ws", status: 101, complete: true });
  });

  test("an upstream that declines answers as usual", async () => {
    await using upstream = await FakeUpstream.start((socket) => socket.write(OK));
    await using front = await TestProxy.start(upstream.address);
    using client = await Client.connect(front.port);
    expect(await client.send(UPGRADE).closed()).toBe("fin");
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK[^]*Connection: close[^]*ok$/);
  });
});

test("an upstream on a unix socket, and a new configuration that keeps the client's connection", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), "hupspec-proxy-"));
  try {
    const socketFile = path.join(folder, "app.sock");
    await using one = await FakeUpstream.start((socket) => socket.write(OK.replace("ok", "11")), socketFile);
    await using two = await FakeUpstream.start((socket) => socket.write(OK.replace("ok", "22")));
    await using front = await TestProxy.start(socketFile);
    using client = await Client.connect(front.port);
    await client.send(GET).sees("\r\n\r\n11");
    const old = front.port;
    const { listen: _, ...changed } = configOf(front.folder, two.address, {});
    await front.proxy.apply({ ...changed, listen: { host: "127.0.0.1", port: 0 } });
    await client.send(GET).sees("\r\n\r\n22");
    expect([front.port === old, one.connections.length, two.connections.length]).toEqual([true, 1, 1]);
    // An upstream that is no longer named keeps no idle connection.
    await until(
      () => one.connections[0]?.destroyed === true,
      () => "the end of the old upstream's connection",
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
