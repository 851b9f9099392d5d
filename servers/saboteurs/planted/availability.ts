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
    perhaps: ["availability/stall-bounded", "connections/close-announced", "failure/capacity-floor"],
    cleared: [
      "generation/new-code-serves",
      "generation/every-worker-replaced",
      "resources/no-zombies",
      "logging/ids-reconcile",
    ],
    quick: true,
  },
  {
    name: "rare-reset",
    target: "prefork",
    fault: "rare-reset",
    scenario: "reload/loop",
    caughtBy: {
      "availability/reload-loop-loses-nothing": /^[1-9]\d* lost on fresh connections \([1-9]\d* reset-before-answer/,
    },
    cleared: ["resources/descriptors-flat", "resources/memory-flat"],
  },
  {
    name: "rare-mix-up",
    target: "prefork",
    fault: "rare-mix-up",
    scenario: "reload/loop",
    caughtBy: {
      "availability/reload-loop-loses-nothing": /^[1-9]\d* lost on fresh connections \([1-9]\d* wrong-answer\)/,
    },
    cleared: ["resources/descriptors-flat", "resources/memory-flat"],
  },
  {
    name: "restart-ab",
    target: "restart/target.yaml",
    scenario: "reload/ab-ten-thousand",
    caughtBy: { "availability/ab-ten-thousand": /^[1-9]\d* of 10000 not complete: .*\b(refused|reset)/ },
  },
  {
    name: "restart-backlog",
    target: "restart/target.yaml",
    scenario: "reload/backlog",
    caughtBy: {
      "availability/backlog-survives":
        /^24 in the listen queue before the reload; 0 of 24 connections .* were answered; 24 reset$/,
    },
  },
  {
    name: "drop-silent",
    target: "prefork",
    fault: "drop-silent",
    scenario: "reload/once",
    caughtBy: {
      "availability/silent-connection-answered": /^0 of 6 connections .* were answered; 6 (reset|closed)/,
    },
    cleared: ["generation/new-code-serves", "generation/every-worker-replaced"],
    quick: true,
  },
  {
    name: "restart-one",
    target: "restart/target.yaml",
    scenario: "reload/single-worker",
    caughtBy: {
      "availability/single-worker-no-gap": /^[1-9]\d* of \d+ requests lost in 3 reloads: .*\b(refused|reset)/,
    },
  },
  {
    name: "cold-start",
    target: "prefork",
    fault: "cold-start",
    scenario: "reload/under-load",
    caughtBy: { "availability/stall-bounded": /longest (time without a good answer )?1\d{3}/ },
    // New workers that do not answer yet are no capacity, and started rather than ready.
    perhaps: ["failure/capacity-floor", "availability/old-serves-until-new-ready"],
    cleared: ["availability/reload-loses-nothing", "generation/new-code-serves"],
  },
  {
    name: "unlinked-socket",
    target: "prefork",
    fault: "unlinked-socket",
    scenario: "reload/unix-socket",
    caughtBy: { "availability/unix-socket-stays": /connections to the path in 5 reloads, .*: [1-9]\d* found nobody$/ },
  },
  {
    name: "recycle-at-once",
    target: "prefork",
    fault: "recycle-at-once",
    scenario: "reload/recycling",
    caughtBy: { "availability/recycling-loses-nothing": /^[1-9]\d* lost on fresh connections .*(reset|closed)/ },
  },
  {
    name: "reuseport",
    target: "reuseport/target.yaml",
    scenario: "reload/reuseport",
    caughtBy: {
      "availability/reuseport-loses-nothing":
        /^2 listeners on one port: \d+ in the listen queue .*; 24 reset; [1-9]\d* of \d+ requests lost/,
    },
  },
];
