import type { Requirement } from "../requirement.ts";

export const resources = [
  {
    id: "resources/no-zombies",
    level: "MUST",
    sentence: "After the reloads have settled the number of processes is back at its base and none is a zombie.",
    why: "Each reload that leaves one process behind is harmless; a year of deploys is not.",
    evidence: ["benoitc/gunicorn#41", "phusion/passenger#355"],
    roles: [],
    capabilities: ["processes"],
  },
  {
    id: "resources/descriptors-flat",
    level: "MUST",
    sentence: "The main process holds no more descriptors after many reloads than after the first few.",
    why: "A pipe or a listener that each reload leaves open in the process that never restarts ends, some hundred deploys later, in a server that can start no worker any more.",
    evidence: ["benoitc/gunicorn#3648"],
    roles: [],
    capabilities: ["processes"],
  },
  {
    id: "resources/memory-flat",
    level: "SHOULD",
    sentence: "The main process does not grow with the number of reloads.",
    why: "Whatever a reload leaves behind in the process that outlives all of them, such as the records of workers long gone, is handed on from deploy to deploy until the machine is restarted.",
    evidence: ["benoitc/gunicorn#3648"],
    roles: [],
    capabilities: ["processes"],
  },
  {
    id: "resources/generations-capped",
    level: "MUST",
    sentence:
      "However many reloads are asked for while requests are held, the number of generations that are alive at the same time stays bounded.",
    why: "A long poll or a large download keeps its old worker for minutes. With a deploy per minute the machine runs a dozen releases at once, each with its memory and its database connections, until none of them gets any.",
    evidence: ["nginxinc/nginx-gateway-fabric#5524", "haproxy/haproxy#2184"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "resources/listener-not-inherited",
    level: "MUST",
    sentence: "A program that the application starts does not get the listener.",
    why: "A descriptor that is not closed on exec lives on in whatever the application started. After the stop the port is still taken, connections are accepted by a queue that nobody empties, and the next start fails.",
    evidence: ["cesanta/mongoose#1302"],
    clause: "POSIX.1-2017, open(): O_CLOEXEC",
    roles: [],
    capabilities: ["contract", "subprocess"],
  },
] as const satisfies readonly Requirement[];
