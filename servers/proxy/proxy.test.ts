import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { Client, FakeUpstream, OK, TestProxy, until } from "./testing/fixture.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CONNECT = "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n";

test("CONNECT is refused, the connection is not left open, and a client's reset harms nobody", async () => {
  await using upstream = await FakeUpstream.start((socket) => socket.write(OK));
  await using front = await TestProxy.start(upstream.address);
  for (let count = 0; count < 10; count++) {
    using rude = await Client.connect(front.port);
    rude.send(CONNECT);
    await rude.sees("405");
    rude.socket.resetAndDestroy();
  }
  using client = await Client.connect(front.port);
  client.send(GET);
  await client.sees("ok");
  using refused = await Client.connect(front.port);
  refused.send(CONNECT);
  await refused.sees("405 Method Not Allowed");
  expect(await refused.closed()).toBe("fin");
  // It keeps its own side open and goes on sending: the proxy does not put up with that for long.
  await until(
    () => refused.send("x").ended === "reset",
    () => "the proxy to close altogether",
  );
});

test("a configuration of which a part can't be had changes nothing, and a later one may have its address", async () => {
  await using upstream = await FakeUpstream.start((socket) => socket.write(OK));
  await using front = await TestProxy.start(upstream.address);
  const before = front.proxy.address;
  const config = front.config;
  const listen = { host: "127.0.0.1", port: await freePort() };
  // A folder is no file: the log can't be opened.
  await expect(front.proxy.apply({ ...config, listen, accessLog: front.folder })).rejects.toThrow("EISDIR");
  expect(front.proxy.address).toBe(before);
  await front.proxy.apply({ ...config, listen, accessLog: path.join(front.folder, "other.log") });
  using client = await Client.connect(listen.port);
  client.send(GET);
  await client.sees("ok");
});

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
