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
];
