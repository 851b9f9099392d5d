import type { Requirement } from "../requirement.ts";

export const resources = [
  {
    id: "resources/no-zombies",
    level: "MUST",
    sentence: "After the reloads have settled the number of processes is back at its base and none is a zombie.",
    why: "Each reload that leaves one process behind is harmless; a year of deploys is not.",
    evidence: ["benoitc/gunicorn#41", "phusion/passenger#355"],
    roles: [],
    capabilities: [],
  },
] as const satisfies readonly Requirement[];
