import type { Requirement } from "../requirement.ts";

export const proxy = [
  {
    id: "proxy/upstream-reload-hidden",
    level: "MUST",
    sentence:
      "While an application behind the proxy reloads, clients of the proxy see no error and no closed connection.",
    why: "The proxy pools connections to workers that are about to leave; whether its clients notice is a matter of its retry rules.",
    evidence: ["kubernetes/ingress-nginx#2846"],
    roles: ["stack"],
    capabilities: [],
  },
] as const satisfies readonly Requirement[];
