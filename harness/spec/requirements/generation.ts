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
    id: "generation/symlink-resolved-again",
    level: "MUST",
    sentence:
      "Processes that a reload starts run the release that the `current` link names at the reload, not the one that it named at the start.",
    why: "A deploy flips a link. A master that remembers where the link led, or stands in the folder of the first release, starts fresh workers on old code: everything looks replaced and nothing is.",
    evidence: ["Unitech/pm2#1663", "Unitech/pm2#2229"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "generation/no-going-back",
    level: "SHOULD",
    sentence:
      "On one connection straight at the application server no answer comes from an older generation than an answer before it.",
    why: "A client that has seen the new code has adapted to it: it holds a token, a form or a script that the old code does not know.",
    evidence: ["puma's manual on phased restarts"],
    roles: [],
    capabilities: ["contract", "keepalive"],
  },
  {
    id: "generation/environment-applied",
    level: "SHOULD",
    sentence: "Settings that a release brings along are in force once its code is.",
    why: "Code and settings are deployed together. New code that still reads the settings of the start, because the process that starts workers keeps them for all of them, is a combination that nobody has tested.",
    evidence: ["benoitc/gunicorn#3353"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "generation/preload-is-honest",
    level: "MUST",
    sentence:
      "With the application loaded in the main process, a reload takes up the new code or is reported as failed; it never looks like a success that keeps the old code.",
    why: "Loading once for all workers saves memory and makes new workers cheap. It also means that replacing them changes nothing, unless the process that loaded the application does so again.",
    evidence: ["benoitc/gunicorn#2449"],
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
