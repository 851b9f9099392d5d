import type { Door } from "../spec/history.ts";
import { endpointOf, type Endpoint } from "./endpoint.ts";
import { fill, type PlaceholderValues } from "./placeholders.ts";
import type { TargetDefinition } from "./target-definition.ts";

/** One site of a booted target. */
export interface BootedSite {
  readonly name: string;
  /** By door; `front` always. */
  readonly endpoints: { readonly front: Endpoint } & { readonly [D in Exclude<Door, "front">]?: Endpoint };
  readonly capabilities: readonly string[];
}

export function sitesOf({ settings, sites }: TargetDefinition, values: PlaceholderValues): BootedSite[] {
  return sites.map(({ name, host, url, direct, capabilities }) => {
    const field = host === undefined ? undefined : fill(host, values);
    return {
      name,
      endpoints: {
        front: endpointOf(fill(url, values), field),
        ...(direct !== undefined && { direct: endpointOf(fill(direct, values), field) }),
      },
      capabilities: capabilities ?? settings.capabilities,
    };
  });
}
