import path from "node:path";

/** An address as the stack file writes it: of a TCP port, or of a unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/** Reads `host:port`, `[v6]:port` or the path of a unix socket, relative to `folder`. The schema has checked the form. */
export function parseAddress(text: string, folder: string): Address {
  if (/^[./]/.test(text)) return { path: path.resolve(folder, text) };
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
}

export function formatAddress(address: Address): string {
  if ("path" in address) return address.path;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
