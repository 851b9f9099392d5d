import type { SendHandle } from "node:child_process";
import { lookup } from "node:dns/promises";
import { lstat, unlink } from "node:fs/promises";
import net from "node:net";
import { getSystemErrorMap } from "node:util";
import { formatAddress, parseAddress } from "../stack-file/address.ts";

/** An address that can be bound without asking anybody. */
export type BoundAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly family: 4 | 6; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/**
 * Sockets that are bound to one address and do not listen: whoever inherits their descriptors may. Closing also removes a unix
 * socket's path.
 */
export interface Listener {
  /** One, or with SO_REUSEPORT several, among which the kernel deals out the connections. */
  readonly sockets: readonly BoundSocket[];
  /** With the port that was given, where port 0 was asked for. */
  readonly address: BoundAddress;
  close(): void;
}

export interface BoundSocket {
  /** For whom is started with it. */
  readonly fd: number;
  /** For whom runs already and is sent it; the receiver's copy is his to close. */
  readonly handle: SendHandle;
}

/** Binds what the configuration names; a unix socket's path that nobody listens on any more is taken over. */
export async function openListener(text: string, folder: string, sockets: number): Promise<Listener> {
  const address = await resolveAddress(text, folder);
  await clearStaleSocket(address);
  return bind(address, sockets);
}

/** Reads `host:port` (also `[::1]:port`) or a path, relative to `folder`; a name is looked up. */
async function resolveAddress(text: string, folder: string): Promise<BoundAddress> {
  const named = parseAddress(text, folder);
  if ("path" in named) return { kind: "unix", path: named.path };
  const { address, family } = await lookup(named.host);
  return { kind: "tcp", host: address, family: family === 6 ? 6 : 4, port: named.port };
}

/**
 * Binds without listening. A master that listened would also accept, and what it had accepted at the wrong moment would
 * be lost; so the first worker is the one that listens, and the socket with its queue outlives each of them.
 * Closing a socket of several loses its queue (`net.ipv4.tcp_migrate_req` is off by default): they too stay as long as the master.
 *
 * @throws {Error} with the system's `code`, naming the address.
 */
export function bind(address: BoundAddress, sockets = 1): Listener {
  const { handle, given } = bindOne(address, 0);
  const handles = [handle];
  if (sockets > 1) {
    // Bound for itself first, so that an address which somebody else uses is refused and not shared with him.
    handle.close();
    handles.pop();
    try {
      for (let left = sockets; left > 0; left--) handles.push(bindOne(given, REUSE_PORT).handle);
    } catch (error) {
      for (const bound of handles) bound.close();
      throw error;
    }
  }
  return {
    // The declared type does not name the handles below `net.Server`, which Node sends as they are.
    sockets: handles.map((bound) => ({ fd: bound.fd, handle: bound as unknown as SendHandle })),
    address: given,
    close: () => {
      for (const bound of handles.splice(0)) bound.close();
    },
  };
}

/** libuv's UV_TCP_REUSEPORT. */
const REUSE_PORT = 2;

function bindOne(address: BoundAddress, flags: number): { handle: BoundHandle; given: BoundAddress } {
  const handle =
    address.kind === "unix"
      ? createHandle(address.path, -1, -1, 0)
      : createHandle(address.host, address.port, address.family, flags);
  if (typeof handle === "number") throw bindError(address, handle);
  if (address.kind === "unix") return { handle, given: address };
  // An address in use is not told of by binding, but by whatever comes next: here it is asked for its name.
  const name: { port?: number } = {};
  const status = handle.getsockname(name);
  if (status === 0) return { handle, given: { ...address, port: name.port ?? address.port } };
  handle.close();
  throw bindError(address, status);
}

function bindError(address: BoundAddress, status: number): Error {
  const [code, reason] = getSystemErrorMap().get(status) ?? [String(status), "unknown error"];
  return Object.assign(new Error(`cannot bind ${formatAddress(address)}: ${reason} (${code})`), { code });
}

/** Removes the path of a socket that nobody listens on; one in use is left alone, and binding it will fail. */
async function clearStaleSocket(address: BoundAddress): Promise<void> {
  if (address.kind === "tcp") return;
  const entry = await lstat(address.path).catch(() => undefined);
  if (entry?.isSocket() && !(await isAnswered(address.path))) await unlink(address.path);
}

function isAnswered(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(file);
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code !== "ECONNREFUSED"));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

interface BoundHandle {
  readonly fd: number;
  getsockname(out: { port?: number }): number;
  close(): void;
}

/** Node's own way to bind for others, which `node:cluster` uses as well; it is not documented, so it is touched here only. */
function createHandle(host: string, port: number, family: number, flags: number): BoundHandle | number {
  const { _createServerHandle: create } = net as unknown as {
    _createServerHandle?: (
      host: string,
      port: number,
      family: number,
      fd: undefined,
      flags: number,
    ) => BoundHandle | number;
  };
  if (!create)
    throw new Error(`Node ${process.version} cannot bind without listening: net._createServerHandle is gone`);
  return create(host, port, family, undefined, flags);
}
