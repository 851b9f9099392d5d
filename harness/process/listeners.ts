import { readdir, readFile, readlink } from "node:fs/promises";
import { listeningSockets } from "./listening.ts";

export interface OpenListener {
  readonly descriptor: number;
  /** `127.0.0.1:8080`, `[::1]:80`, or the path of a unix socket. */
  readonly address: string;
}

/** The listening sockets that a process has open, and of how many descriptors; undefined if it is gone or somebody else's. */
export async function listenersOf(
  pid: number,
): Promise<{ readonly descriptors: number; readonly listeners: readonly OpenListener[] } | undefined> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => undefined);
  if (!names) return undefined;
  const [links, tcp, unix] = await Promise.all([
    Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => ""))),
    listeningSockets(pid),
    listeningUnixSockets(pid),
  ]);
  const listeners = links.flatMap((link, index) => {
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? "";
    const socket = tcp.get(inode);
    const address = socket ? joined(socket.address, socket.port) : unix.get(inode);
    return address === undefined ? [] : [{ descriptor: Number(names[index]), address }];
  });
  return { descriptors: names.length, listeners };
}

/** By inode; a socket that accepts has the flag __SO_ACCEPTCON, which is 10000 in hexadecimal digits. */
async function listeningUnixSockets(pid: number): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(`/proc/${pid}/net/unix`, "utf8").catch(() => "");
  const accepting = /^\w+: \w+ \w+ 0001\w{4} \w+ \w+ +(\d+) (.+)$/gm;
  return new Map([...text.matchAll(accepting)].map(([, inode = "", path = ""]) => [inode, path]));
}

function joined(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
