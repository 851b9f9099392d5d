import { readdirSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** A TCP socket on which a process accepts connections. */
export interface TcpListener {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
}

/** TCP listeners of these processes; one that several of them hold is told once, with the first of them. */
export async function tcpListeners(pids: readonly number[]): Promise<readonly TcpListener[]> {
  const found = new Map<string, TcpListener>();
  // Processes may live in network namespaces of their own.
  const byNamespace = new Map<string, Promise<ReadonlyMap<string, Omit<TcpListener, "pid">>>>();
  for (const pid of pids) {
    const inodes = socketInodes(pid);
    if (inodes.length === 0) continue;
    const namespace = attempt(() => readlinkSync(`/proc/${pid}/ns/net`), String(pid));
    const reading = byNamespace.get(namespace) ?? listeningSockets(pid);
    byNamespace.set(namespace, reading);
    const known = await reading;
    for (const inode of inodes) {
      const socket = known.get(inode);
      if (socket && !found.has(inode)) found.set(inode, { ...socket, pid });
    }
  }
  return [...found.values()];
}

/** A line of a socket that listens (state 0A), see proc_pid_net(5): address and port in hex digits, and further on the inode. */
const LISTENING = /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F:]+ 0A \S+ \S+ \S+ +\d+ +\d+ (\d+)/gm;

/** TCP, by inode. In the thread pool: after a burst of connections the table has tens of thousands of lines. */
export async function listeningSockets(pid: number): Promise<ReadonlyMap<string, Omit<TcpListener, "pid">>> {
  const sockets = new Map<string, Omit<TcpListener, "pid">>();
  for (const table of ["tcp", "tcp6"]) {
    const text = await readFile(`/proc/${pid}/net/${table}`, "utf8").catch(() => "");
    for (const [, address = "", port = "0", inode = ""] of text.matchAll(LISTENING)) {
      sockets.set(inode, { address: readable(address), port: Number.parseInt(port, 16) });
    }
  }
  return sockets;
}

function socketInodes(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return attempt(() => readdirSync(folder), []).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`${folder}/${fd}`), ""))?.[1];
    return inode === undefined ? [] : [inode];
  });
}

/** A process, or a descriptor of it, may be gone by the time it is looked at. */
function attempt<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}

/** IPv4 is written by the kernel as one little-endian word; an IPv6 address stays in its hex digits, but for the usual ones. */
function readable(hex: string): string {
  if (hex.length === 8) {
    return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(".");
  }
  if (/^0+$/.test(hex)) return "::";
  return hex === "00000000000000000000000001000000" ? "::1" : hex;
}
