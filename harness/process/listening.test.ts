import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { tcpListeners } from "./listening.ts";

test.each(["127.0.0.1", "::1", "0.0.0.0"])("a listener on %s is told with its port and process", async (host) => {
  const server = createServer();
  await once(server.listen(0, host), "listening");
  try {
    const { port } = server.address() as AddressInfo;
    expect(await tcpListeners([process.pid, process.pid])).toContainEqual({ address: host, port, pid: process.pid });
    expect((await tcpListeners([process.ppid])).map((listener) => listener.port)).not.toContain(port);
  } finally {
    server.close();
  }
});

test("a process that is gone has none", async () => {
  expect(await tcpListeners([2 ** 22 + 1])).toEqual([]);
});
