import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { randomInt } from "node:crypto";

/** Ports of the loopback address that nobody listens on; disposing gives them back. */
export interface ReservedPorts extends Disposable {
  readonly byName: ReadonlyMap<string, number>;
}

const PREFERRED = { from: 20_000, to: 32_000 };
const TRIES = 500;
const taken = new Set<number>();

/**
 * Picks a port for every name, outside the range from which the kernel takes source ports: a port of that range may at
 * any moment become the source of one of the load's own connections, and the target's bind would fail.
 *
 * @throws {Error} if none is free.
 */
export async function reservePorts(names: Iterable<string>): Promise<ReservedPorts> {
  const ephemeral = await ephemeralRange();
  const byName = new Map<string, number>();
  const release = (): void => {
    for (const port of byName.values()) taken.delete(port);
  };
  try {
    for (const name of new Set(names)) byName.set(name, await pickPort(ephemeral));
  } catch (error) {
    release();
    throw error;
  }
  return { byName, [Symbol.dispose]: release };
}

async function pickPort(ephemeral: { from: number; to: number }): Promise<number> {
  const isEphemeral = (port: number): boolean => port >= ephemeral.from && port <= ephemeral.to;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    // A kernel set to use nearly all ports leaves no choice: then any free one must do.
    const port = randomInt(PREFERRED.from, PREFERRED.to);
    if (taken.has(port) || (isEphemeral(port) && attempt < TRIES / 2)) continue;
    // Before the await, so that no concurrent call tries the same one.
    taken.add(port);
    if (await canBind(port)) return port;
    taken.delete(port);
  }
  throw new Error(`expected a free port between ${PREFERRED.from} and ${PREFERRED.to}, found none in ${TRIES} tries`);
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Where the kernel does not tell, what IANA sets aside. */
async function ephemeralRange(): Promise<{ from: number; to: number }> {
  const text = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8").catch(() => "49152 65535");
  const [from = 49_152, to = 65_535] = text.trim().split(/\s+/).map(Number);
  return { from, to };
}
