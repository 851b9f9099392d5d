import { readdir, readlink } from "node:fs/promises";
import { readProcFile } from "./proc-files.ts";

export interface OpenListener {
  readonly descriptor: number;
  /** `127.0.0.1:8080`, `[::]:80`, or the path of a unix socket. */
  readonly address: string;
}

/** The listening sockets that a process has open, and of how many descriptors; undefined if it is gone or somebody else's. */
export async function listenersOf(
  pid: number,
): Promise<{ readonly descriptors: number; readonly listeners: readonly OpenListener[] } | undefined> {
  const names = await readdir(`/proc/${pid}/fd`).catch(() => undefined);
  if (!names) return undefined;
  const links = await Promise.all(
    names.map(async (name) => ({
      descriptor: Number(name),
      link: await readlink(`/proc/${pid}/fd/${name}`).catch(() => ""),
    })),
  );
  const listening = listeningSockets(pid);
  const listeners = links.flatMap(({ descriptor, link }) => {
    const address = listening.get(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? "");
    return address === undefined ? [] : [{ descriptor, address }];
  });
  return { descriptors: names.length, listeners };
}

/** By inode, the address of every socket that listens in the network namespace of the process. */
function listeningSockets(pid: number): ReadonlyMap<string, string> {
  const table = (name: string): string[] => (readProcFile(`/proc/${pid}/net/${name}`) ?? "").split("\n").slice(1);
  const listening = new Map<string, string>();
  for (const line of [...table("tcp"), ...table("tcp6")]) {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    if (state === LISTEN) listening.set(inode, addressOf(local));
  }
  for (const line of table("unix")) {
    const [, , , flags = "", , , inode = "", path = ""] = line.trim().split(/\s+/);
    if ((Number.parseInt(flags, 16) & ACCEPTS) !== 0) listening.set(inode, path);
  }
  return listening;
}

/** TCP_LISTEN of the kernel's include/net/tcp_states.h, and __SO_ACCEPTCON of include/linux/net.h. */
const LISTEN = "0A";
const ACCEPTS = 0x1_0000;

/** Addresses stand in hexadecimal words of four bytes, each in the byte order of the machine, taken for little-endian. */
function addressOf(local: string): string {
  const [host = "", port = ""] = local.split(":");
  const bytes = (host.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).toReversed());
  const number = Number.parseInt(port, 16);
  if (bytes.length === 4) return `${bytes.map((byte) => Number.parseInt(byte, 16)).join(".")}:${number}`;
  const groups = (bytes.join("").match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16));
  return `[${groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::")}]:${number}`;
}
