import type { Socket } from "node:net";
import type { UpgradeRequest } from "./exchange.ts";
import { formatFields, responseHeaders } from "./headers.ts";
import type { ResponseHead } from "./upstream/response-head.ts";

export interface TunnelEnds {
  readonly client: UpgradeRequest;
  readonly upstream: Socket;
  /** Bytes that came behind the upstream's 101. */
  readonly rest: Buffer;
}

/**
 * Passes the 101 on and then bytes, each way at the pace of its reader. A FIN of one side is passed on and the other way
 * stays open; a side that breaks takes the other with it. `closed` is called once both are gone.
 */
export function openTunnel(
  head: ResponseHead,
  ends: TunnelEnds,
  limits: { readonly sendTimeoutMs: number },
  closed: () => void,
): void {
  const { upstream, rest } = ends;
  const client = ends.client.socket;
  const protocol = fieldOf(head, "upgrade") ?? ends.client.protocol;
  const fields = formatFields(responseHeaders(head, false));
  client.write(
    `HTTP/1.1 101 Switching Protocols\r\n${fields}Connection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`,
    "latin1",
  );
  if (rest.length > 0) client.write(rest);
  if (ends.client.head.length > 0) upstream.write(ends.client.head);
  client.setTimeout(0);
  pass(client, upstream, limits.sendTimeoutMs);
  pass(upstream, client, limits.sendTimeoutMs);
  client.once("close", () => {
    upstream.destroy();
    closed();
  });
  upstream.once("close", () => {
    // What is still on its way to the client goes out first, unless the client does not take it.
    client.destroySoon();
  });
}

function pass(from: Socket, to: Socket, sendTimeoutMs: number): void {
  let stuck: NodeJS.Timeout | undefined;
  from.on("data", (chunk: Buffer) => {
    if (to.write(chunk)) return;
    from.pause();
    if (sendTimeoutMs > 0) stuck = setTimeout(() => to.destroy(), sendTimeoutMs);
  });
  to.on("drain", () => {
    clearTimeout(stuck);
    from.resume();
  });
  from.on("end", () => to.end());
  // `close` follows and takes the other side along.
  from.on("error", () => from.destroy());
  to.once("close", () => clearTimeout(stuck));
  from.resume();
}

function fieldOf(head: ResponseHead, name: string): string | undefined {
  const at = head.rawHeaders.findIndex((field, index) => index % 2 === 0 && field.toLowerCase() === name);
  return at === -1 ? undefined : head.rawHeaders[at + 1];
}
