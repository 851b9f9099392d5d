import type { Door } from "../spec/history.ts";
import { endpointOf, type Endpoint } from "./endpoint.ts";
import { fill, type PlaceholderValues } from "./placeholders.ts";
import { capabilitiesOf, type TargetDefinition } from "./target-definition.ts";

/** One site of a booted target. */
export interface BootedSite {
  readonly name: string;
  /** By door; `front` always. */
  readonly endpoints: { readonly front: Endpoint } & { readonly [D in Exclude<Door, "front">]?: Endpoint };
  readonly capabilities: readonly string[];
}

export function sitesOf(definition: TargetDefinition, values: PlaceholderValues): BootedSite[] {
  return definition.sites.map((site) => {
    const { name, host, url, direct } = site;
    const field = host === undefined ? undefined : fill(host, values);
    return {
      name,
      endpoints: {
        front: endpointOf(fill(url, values), field),
        ...(direct !== undefined && { direct: endpointOf(fill(direct, values), field) }),
      },
      capabilities: capabilitiesOf(definition, site),
    };
  });
}
