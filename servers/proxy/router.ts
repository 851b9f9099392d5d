import type { SiteSettings } from "../stack-file/schema.ts";
import type { Address } from "../stack-file/address.ts";

export interface Route {
  readonly site: string;
  readonly address: Address;
  /** The upstream as the stack file names it; sites with the same one share its connections. */
  readonly upstream: string;
}

export interface Router {
  /** By host name without port, in lower case; the site of `*` takes what no other does. */
  route(host: string): Route | undefined;
  readonly routes: readonly Route[];
  /** A host that two sites claim. */
  readonly duplicate: string | undefined;
}

export function createRouter(
  sites: Readonly<Record<string, SiteSettings>>,
  parse: (address: string) => Address,
): Router {
  const byHost = new Map<string, Route>();
  const routes: Route[] = [];
  let duplicate: string | undefined;
  for (const [site, { hosts, upstream }] of Object.entries(sites)) {
    const route = { site, upstream, address: parse(upstream) };
    routes.push(route);
    for (const host of hosts.map((name) => name.toLowerCase())) {
      if (byHost.has(host)) duplicate ??= host;
      byHost.set(host, route);
    }
  }
  return { routes, duplicate, route: (host) => byHost.get(host) ?? byHost.get("*") };
}
