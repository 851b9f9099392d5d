import { readProcFile } from "./proc-files.ts";

export interface ListenQueue {
  /** Connections that were established by the kernel and accepted by nobody yet, over all sockets that listen there. */
  readonly waiting: number;
  /** Sockets that listen on the port; with SO_REUSEPORT there may be several. */
  readonly sockets: number;
}

const LISTEN = "0A";

/** Of a TCP port of this network namespace; undefined if nobody here listens on it. */
export function listenQueueOf(port: number): ListenQueue | undefined {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map((file) => readProcFile(file) ?? "");
  return readListenQueue(tables.join("\n"), port);
}

/** Reads lines as in /proc/net/tcp: of a socket that listens, the receive queue is the number of connections that wait. */
export function readListenQueue(text: string, port: number): ListenQueue | undefined {
  let waiting = 0;
  let sockets = 0;
  for (const line of text.split("\n")) {
    const [, local = "", , state, queues = ""] = line.trim().split(/\s+/);
    if (state !== LISTEN || Number.parseInt(local.split(":").at(-1) ?? "", 16) !== port) continue;
    sockets++;
    waiting += Number.parseInt(queues.split(":")[1] ?? "0", 16);
  }
  return sockets === 0 ? undefined : { waiting, sockets };
}
