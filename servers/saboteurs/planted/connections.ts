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
];
