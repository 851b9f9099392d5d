import type { Saboteur } from "./saboteur.ts";

export const availability: readonly Saboteur[] = [
  {
    name: "restart",
    target: "restart/target.yaml",
    scenario: "reload/under-load",
    caughtBy: {
      "availability/reload-loses-nothing": /[1-9]\d* of \d+ requests lost in 5 reloads: .*\b(refused|reset)/,
      "availability/old-serves-until-new-ready": /longest time without a good answer \d{3,} ms/,
      "connections/in-flight-completes": /^5 of 5 requests in flight did not complete$/,
    },
    perhaps: ["availability/stall-bounded", "connections/close-announced"],
    cleared: [
      "generation/new-code-serves",
      "generation/every-worker-replaced",
      "resources/no-zombies",
      "logging/ids-reconcile",
    ],
    quick: true,
  },
];
