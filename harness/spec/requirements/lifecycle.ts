import type { Requirement } from "../requirement.ts";

export const lifecycle = [
  {
    id: "lifecycle/drain-deadline-enforced",
    level: "MUST",
    sentence: "The drain deadline ends what is stuck: after it no worker of the old code is left.",
    why: "One request that hangs would otherwise keep a worker, its memory and its database connections for ever, one more with every deploy.",
    evidence: ["Kong/kong#6904", "haproxy/haproxy#2302"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "lifecycle/drain-cut-logged",
    level: "SHOULD",
    sentence: "What the drain deadline ended stands in the server's own log.",
    why: "Requests that a deploy cuts are errors that no application log shows: the operator has to be told that the time was too short.",
    evidence: ["Kong/kong#6904", "haproxy/haproxy#2302"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "lifecycle/not-cut-before-deadline",
    level: "MUST",
    sentence: "Work in flight that ends within the drain's time is not cut before it is over.",
    why: "An operator who sets thirty seconds has a request in mind that takes twenty. Defaults of zero, and limits that count from something else, cut it all the same.",
    evidence: ["php/php-src: process_control_timeout is 0 by default", "benoitc/gunicorn#2529"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "lifecycle/stop-drains",
    level: "MUST",
    sentence:
      "The graceful stop answers what was accepted, then exits with status 0 in time and leaves nothing behind.",
    why: "Machines are taken out of service by this signal every day; who loses requests by it, or has to be killed, does so at every scale-down.",
    evidence: ["https://puma.io/puma/file.signals.html", "https://docs.gunicorn.org/en/stable/signals.html"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "lifecycle/reload-during-drain",
    level: "MUST",
    sentence:
      "A second reload that comes while the workers of the first still drain is done after it, or refused loudly.",
    why: "A deploy that corrects the one before comes minutes after it, while old requests still run. If it is swallowed, the faulty release stays, and everybody believes otherwise.",
    evidence: ["cloudflare/tableflip#52", "benoitc/gunicorn#255"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "lifecycle/no-eintr-in-app",
    level: "MUST",
    sentence: "A reload never surfaces inside the application as an interrupted call.",
    why: "Signals interrupt what sleeps or reads; where a server lets that through, the handler fails in the middle of its work, with an error that nobody can make sense of.",
    evidence: ["benoitc/gunicorn#114", "unbit/uwsgi#1375"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "lifecycle/workers-exit-clean",
    level: "SHOULD",
    sentence: "Workers that were drained end by themselves, with status 0.",
    why: "A worker that dies by a signal has run none of its exit handlers: buffers stay unwritten, and monitoring counts a crash at each deploy.",
    evidence: ["benoitc/gunicorn#2908", "benoitc/gunicorn#3312"],
    roles: [],
    capabilities: ["contract"],
  },
] as const satisfies readonly Requirement[];
