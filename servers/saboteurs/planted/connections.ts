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
];
