import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { listenersOf } from "./listeners.ts";

test("the listening sockets of a process are told with their addresses, connections are not", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "listeners-"));
  const file = path.join(folder, "a.sock");
  await using v4 = createServer().listen({ port: 0, host: "127.0.0.1" });
  await using v6 = createServer().listen({ port: 0, host: "::1" });
  await using unix = createServer().listen(file);
  for (const server of [v4, v6, unix]) if (!server.listening) await once(server, "listening");
  const held = await listenersOf(process.pid);
  const addresses = held?.listeners.map(({ address }) => address);
  expect(addresses).toEqual(
    expect.arrayContaining([
      `127.0.0.1:${(v4.address() as AddressInfo).port}`,
      `[::1]:${(v6.address() as AddressInfo).port}`,
      file,
    ]),
  );
  expect(held?.descriptors).toBeGreaterThan(3);
  await rm(folder, { recursive: true });
});

test("a process that is gone has none to tell of", async () => {
  expect(await listenersOf(2 ** 22 + 1)).toBeUndefined();
});
