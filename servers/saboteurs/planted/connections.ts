import type { Saboteur } from "./saboteur.ts";

export const connections: readonly Saboteur[] = [
  {
    name: "kill-in-flight",
    target: "prefork",
    fault: "kill-in-flight",
    scenario: "reload/under-load",
    caughtBy: { "connections/in-flight-completes": /^5 of 5 requests in flight did not complete$/ },
    perhaps: ["availability/reload-loses-nothing", "connections/close-announced", "logging/ids-reconcile"],
    quick: true,
  },
  {
    name: "node-cluster",
    target: "node-cluster/target.yaml",
    scenario: "reload/under-load",
    caughtBy: { "connections/close-announced": /[1-9]\d* closed between two requests, none of them announced/ },
    perhaps: ["availability/reload-loses-nothing", "availability/stall-bounded"],
    cleared: ["generation/new-code-serves", "connections/in-flight-completes"],
  },
  {
    name: "closes-idle",
    target: "prefork",
    fault: "closes-idle",
    scenario: "reload/under-load",
    caughtBy: {
      "connections/close-announced": /[1-9]\d* closed between two requests/,
    },
    // A fresh connection whose request has not been read yet looks idle too.
    perhaps: ["logging/ids-reconcile", "availability/reload-loses-nothing"],
  },
  {
    name: "closes-idle-clients",
    target: "prefork",
    fault: "closes-idle",
    scenario: "connections/across-reload",
    caughtBy: {
      "connections/idle-survives": /of 100 idle connections 100 closed without an answer/,
      "connections/reconnects-per-reload": /of 100 idle connections 100 closed without an answer/,
    },
    cleared: ["connections/post-not-lost"],
  },
  {
    name: "runs-posts-unanswered",
    target: "prefork",
    fault: "runs-posts-unanswered",
    scenario: "connections/across-reload",
    caughtBy: {
      "connections/post-not-lost": /[1-9]\d* were run and their answers lost/,
    },
  },
  {
    name: "drops-pipelined",
    target: "prefork",
    fault: "drops-pipelined",
    scenario: "connections/across-reload",
    caughtBy: {
      "connections/buffered-requests-answered": /^2 of 4 requests sent on 2 connections/,
    },
    quick: true,
  },
  {
    name: "takes-half-uploads",
    target: "prefork",
    fault: "takes-half-uploads",
    scenario: "connections/across-reload",
    caughtBy: {
      "connections/upload-whole-or-refused": /0 whole, 0 refused, 2 accepted with something else/,
    },
  },
  {
    name: "accepts-while-draining",
    target: "prefork",
    fault: "accepts-while-draining",
    scenario: "connections/across-reload",
    caughtBy: {
      "connections/drainers-accept-nothing": /[1-9]\d* of \d+ fresh connections were answered by draining workers/,
    },
    perhaps: ["lifecycle/reload-during-drain", "connections/in-flight-completes"],
  },
  {
    name: "ends-cut-streams-cleanly",
    target: "prefork",
    fault: "ends-cut-streams-cleanly",
    scenario: "lifecycle/drain-deadline",
    caughtBy: {
      "connections/cut-is-detectable": /1 of them with the framing of a complete answer/,
    },
    quick: true,
  },
  {
    name: "drops-websockets",
    target: "prefork",
    fault: "drops-websockets",
    scenario: "lifecycle/drain-deadline",
    caughtBy: {
      "connections/websocket-drains": /fin without a close frame/,
    },
  },
  {
    name: "waits-for-idle",
    target: "prefork",
    fault: "waits-for-idle",
    scenario: "lifecycle/drain-deadline",
    caughtBy: {
      "connections/idle-cannot-pin": /5 idle clients, [12] old processes never gone/,
    },
    cleared: ["lifecycle/drain-deadline-enforced"],
  },
];
