import type { Saboteur } from "./saboteur.ts";

export const resources: readonly Saboteur[] = [
  {
    name: "descriptor-leak",
    target: "prefork",
    fault: "descriptor-leak",
    scenario: "reload/loop",
    caughtBy: { "resources/descriptors-flat": /^descriptors of the main process .*, [01](\.\d+)? more per reload;/ },
    cleared: ["resources/memory-flat", "availability/reload-loop-loses-nothing"],
  },
  {
    name: "memory-leak",
    target: "prefork",
    fault: "memory-leak",
    scenario: "reload/loop",
    caughtBy: { "resources/memory-flat": /^memory of the main process .*, \d{3,4} KiB more per reload;/ },
    cleared: ["resources/descriptors-flat", "availability/reload-loop-loses-nothing"],
  },
  {
    name: "generations-pile-up",
    target: "prefork",
    fault: "generations-pile-up",
    scenario: "resources/generations",
    caughtBy: { "resources/generations-capped": /^at most ([6-9]|1\d) generations alive/ },
    perhaps: ["resources/no-zombies"],
    cleared: ["resources/listener-not-inherited"],
  },
  {
    name: "listener-inherited",
    target: "prefork",
    fault: "listener-inherited",
    scenario: "resources/generations",
    caughtBy: { "resources/listener-not-inherited": /2 of 2 programs .* hold a listening socket: descriptor 3: 127\./ },
    cleared: ["resources/generations-capped", "resources/no-zombies"],
    quick: true,
  },
  {
    name: "zombie-per-reload",
    target: "prefork",
    fault: "zombie-per-reload",
    scenario: "resources/generations",
    caughtBy: { "resources/no-zombies": /after 10 reloads, [1-9]\d* of them zombies/ },
    cleared: ["resources/generations-capped", "resources/listener-not-inherited"],
  },
];
