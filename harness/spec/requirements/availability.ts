import type { Requirement } from "../requirement.ts";

export const availability = [
  {
    id: "availability/reload-loses-nothing",
    level: "MUST",
    sentence: "A reload under load loses no request on a fresh connection.",
    why: "A client that opens a connection cannot know that a reload is under way. Whoever closes the old listener before its queue is empty, or answers with an error while workers change over, turns every deploy into a small outage that averages hide.",
    evidence: ["benoitc/gunicorn#3394", "benoitc/gunicorn#2296", "puma/puma#2337", "Unitech/pm2#2729"],
    roles: [],
    capabilities: [],
  },
  {
    id: "availability/ab-ten-thousand",
    level: "MUST",
    sentence: "Of 10,000 requests sent ten at a time with a reload midway, every one completes with a 2xx answer.",
    why: "This is the experiment with which people convince themselves. It stops at the first reset and hides what it did not finish, so it is replayed here with an account of every single request.",
    evidence: ["the seed's walk-through", "gist jolynch/8c50a075235d577db7f4"],
    roles: [],
    capabilities: [],
  },
  {
    id: "availability/old-serves-until-new-ready",
    level: "MUST",
    sentence: "Old workers go on accepting until their replacements are ready to answer, not merely started.",
    why: "With a release that takes its time to boot, a server that stops the old workers at the signal shows a gap as long as the boot.",
    evidence: ["benoitc/gunicorn#1199", "unbit/uwsgi#649", "Unitech/pm2#1875", "Kludex/uvicorn#3025"],
    roles: [],
    capabilities: ["contract"],
  },
  {
    id: "availability/stall-bounded",
    level: "SHOULD",
    sentence: "The longest stall and the p99 latency inside a reload window stay within the declared budget.",
    why: "Requests that wait in the listen queue until the new workers are up are not lost, but their users waited.",
    evidence: ["puma/puma#155"],
    roles: [],
    capabilities: [],
  },
  {
    id: "availability/reload-loop-loses-nothing",
    level: "MUST",
    sentence: "Reloading again and again loses no request on a fresh connection.",
    why: "What one reload loses in a thousand, none of five reloads may show and each week of deploys does. In a loop every boot meets requests, and the next reload meets a server that has barely finished the last one.",
    evidence: ["gist jolynch/8c50a075235d577db7f4"],
    roles: [],
    capabilities: [],
  },
] as const satisfies readonly Requirement[];
