import type { Requirement } from "../requirement.ts";

export const failure = [
  {
    id: "failure/broken-release-keeps-old",
    level: "MUST",
    sentence: "A reload to a release that fails to load leaves the old one serving, and loses nothing.",
    why: "A release that cannot be loaded is the deploy that goes wrong most often, and a reload is asked for to make a change harmless. A server that stops its old workers before the new ones are up, or whose master ends when a worker does not boot, turns a typing error into an outage.",
    evidence: ["benoitc/gunicorn#2443", "benoitc/gunicorn#2595"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "failure/recovers-after-failed-reload",
    level: "MUST",
    sentence: "After a reload that failed, the next good release is taken up.",
    why: "What follows a broken deploy is a repaired one, in a hurry. If the failed attempt leaves a flag, a lock or half a generation behind, the repair does nothing and only a restart helps, which is what the reload was meant to avoid.",
    evidence: ["haproxy/haproxy#3229"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "failure/crash-loop-backs-off",
    level: "MUST",
    sentence:
      "A replacement that dies again and again is started ever more slowly, and never keeps others from serving.",
    why: "A worker that dies while it boots can be started dozens of times a second. That takes the processor from those that still serve, fills the log, and hides the first error, which is the one that matters.",
    evidence: ["unbit/uwsgi#1052"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "failure/never-ready-is-abandoned",
    level: "MUST",
    sentence: "A replacement that never gets ready is given up after a time limit, and the old ones serve on.",
    why: "A release may wait for a database that it cannot reach, or for a lock that the old one holds. Without a limit such a reload never ends: it holds memory for two generations, and the repaired release queues behind it.",
    evidence: ["puma/puma#2465", "Kludex/uvicorn#3025"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "failure/killed-worker-costs-its-own",
    level: "MUST",
    sentence: "A worker that is killed costs the requests that it had in hand, and each of these is told.",
    why: "The kernel kills what needs too much memory, a watchdog what hangs. Nobody can save the answers in hand, but a client has to see the end of its connection at once, and what comes afterwards is for the other workers. A master that accepts and hands over loses what it had just handed to the dead one, without data, FIN or RST.",
    evidence: ["unbit/uwsgi#1038"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "failure/hung-worker-replaced",
    level: "MUST",
    sentence: "A worker that stops answering is found and replaced, while the others serve.",
    why: "A worker whose event loop is blocked, or that waits for ever, is alive to whoever looks at its process only. It keeps its share of the capacity and every client that it holds, until somebody asks whether it still does anything.",
    evidence: ["gunicorn documentation, setting timeout"],
    roles: [],
    capabilities: ["contract"],
  },
] as const satisfies readonly Requirement[];
