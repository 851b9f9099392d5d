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
  {
    id: "generation/mixed-window",
    level: "CHECK",
    sentence: "How long both generations answer fresh requests during a reload is measured and reported.",
    why: "For so long a client may meet new code with one request and old code with the next: a page and the assets that it names need not fit together, and neither need two versions of a schema.",
    evidence: ["puma's manual on phased restarts"],
    roles: [],
    capabilities: [],
  },
] as const satisfies readonly Requirement[];
