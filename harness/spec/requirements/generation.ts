import type { Requirement } from "../requirement.ts";

export const generation = [
  {
    id: "generation/new-code-serves",
    level: "MUST",
    sentence: "Once a reload has settled, no answer comes from the old code.",
    why: "A deploy that reports success while some worker keeps the old code is worse than one that fails.",
    evidence: ["benoitc/gunicorn#606", "benoitc/gunicorn#620"],
    roles: [],
    capabilities: [],
  },
  {
    id: "generation/every-worker-replaced",
    level: "MUST",
    sentence: "After the settle time no process that served the old generation is alive.",
    why: "A forgotten worker holds memory, connections and database sessions, and answers the odd request with code that nobody runs any more.",
    evidence: ["puma/puma#3853", "unbit/uwsgi#915"],
    roles: [],
    capabilities: ["contract"],
  },
] as const satisfies readonly Requirement[];
