import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { reservePorts } from "./ports.ts";

test("ports are free, different, and no source ports of the kernel", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
  using first = await reservePorts(names);
  using second = await reservePorts(names);
  const ports = [...first.byName.values(), ...second.byName.values()];
  expect([...first.byName.keys()]).toEqual(names);
  expect(new Set(ports).size).toBe(40);
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
  const [from = 0, to = 0] = range.split(/\s+/).map(Number);
  // Unless the kernel is set to use nearly all of them.
  if (from > 32_000 || to < 20_000) {
    for (const port of ports) expect(port < from || port > to).toBe(true);
  }
  await using server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(ports[0], "127.0.0.1", resolve);
  });
});

test("the same name twice is one port", async () => {
  using reserved = await reservePorts(["", ""]);
  expect(reserved.byName.size).toBe(1);
});
