import { lookup } from "node:dns/promises";
import { lstat, unlink } from "node:fs/promises";
import net from "node:net";
import { getSystemErrorMap } from "node:util";
import { formatAddress, parseAddress } from "../stack-file/address.ts";

/** An address that can be bound without asking anybody. */
export type BoundAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly family: 4 | 6; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** A socket that is bound and does not listen: whoever inherits `fd` may. Closing it also removes a unix socket's path. */
export interface Listener {
  readonly fd: number;
  /** With the port that was given, where port 0 was asked for. */
  readonly address: BoundAddress;
  close(): void;
}

/** Binds what the configuration names; a unix socket's path that nobody listens on any more is taken over. */
export async function openListener(text: string, folder: string): Promise<Listener> {
  const address = await resolveAddress(text, folder);
  await clearStaleSocket(address);
  return bind(address);
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
 *
 * @throws {Error} with the system's `code`, naming the address.
 */
export function bind(address: BoundAddress): Listener {
  const handle =
    address.kind === "unix"
      ? createHandle(address.path, -1, -1)
      : createHandle(address.host, address.port, address.family);
  if (typeof handle === "number") throw bindError(address, handle);
  let given = address;
  if (address.kind === "tcp") {
    // An address in use is not told of by binding, but by whatever comes next: here it is asked for its name.
    const name: { port?: number } = {};
    const status = handle.getsockname(name);
    if (status !== 0) {
      handle.close();
      throw bindError(address, status);
    }
    given = { ...address, port: name.port ?? address.port };
  }
  let open = true;
  return {
    fd: handle.fd,
    address: given,
    close: () => {
      if (open) handle.close();
      open = false;
    },
  };
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
function createHandle(host: string, port: number, family: number): BoundHandle | number {
  const { _createServerHandle: create } = net as unknown as {
    _createServerHandle?: (host: string, port: number, family: number) => BoundHandle | number;
  };
  if (!create)
    throw new Error(`Node ${process.version} cannot bind without listening: net._createServerHandle is gone`);
  return create(host, port, family);
}
