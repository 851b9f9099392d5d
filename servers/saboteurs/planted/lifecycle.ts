import type { Saboteur } from "./saboteur.ts";

export const lifecycle: readonly Saboteur[] = [
  {
    name: "reload-kills-booting",
    target: "prefork",
    fault: "reload-kills-booting",
    scenario: "lifecycle/hup-during-boot",
    caughtBy: { "lifecycle/hup-during-boot": /^\d instances .*: [1-4] never got ready$/ },
  },
  {
    name: "orphans-stay",
    target: "prefork",
    fault: "orphans-stay",
    scenario: "lifecycle/main-killed",
    caughtBy: { "lifecycle/no-orphans": /^2 of 2 workers left \d{4,} ms after .*; the next start failed$/ },
  },
  {
    name: "signal-lost-while-reloading",
    target: "prefork",
    fault: "signal-lost-while-reloading",
    scenario: "lifecycle/signals",
    caughtBy: {
      "lifecycle/no-signal-lost": /^1 of [1-4] second reloads lost/,
      "lifecycle/storm-coalesces": /the last generation never served/,
    },
    // The second signal to the group falls into a reload as well.
    perhaps: ["lifecycle/group-signal-safe"],
    cleared: ["lifecycle/reopen-restarts-nothing", "lifecycle/worker-count-signals"],
  },
  {
    name: "boot-check-per-signal",
    target: "prefork",
    fault: "boot-check-per-signal",
    scenario: "lifecycle/signals",
    caughtBy: {
      "lifecycle/storm-coalesces": /ended on the last generation, at most [2-9]\d processes \(cap \d+\), 0 of/,
    },
    cleared: ["lifecycle/no-signal-lost", "lifecycle/group-signal-safe"],
  },
  {
    name: "reopen-restarts",
    target: "prefork",
    fault: "reopen-restarts",
    scenario: "lifecycle/signals",
    caughtBy: { "lifecycle/reopen-restarts-nothing": /^[1-3] of 3 processes gone, [1-4] new/ },
    cleared: ["lifecycle/no-signal-lost", "lifecycle/storm-coalesces", "lifecycle/group-signal-safe"],
    quick: true,
  },
  {
    name: "group-signal-kills-workers",
    target: "prefork",
    fault: "group-signal-kills-workers",
    scenario: "lifecycle/signals",
    caughtBy: { "lifecycle/group-signal-safe": /[1-9]\d* of \d+ requests lost \(.*1 held ones cut/ },
    cleared: [
      "lifecycle/no-signal-lost",
      "lifecycle/reopen-restarts-nothing",
      "lifecycle/storm-coalesces",
      "lifecycle/worker-count-signals",
    ],
  },
  {
    name: "more-workers-ignored",
    target: "prefork",
    fault: "more-workers-ignored",
    scenario: "lifecycle/signals",
    caughtBy: { "lifecycle/worker-count-signals": /with one fewer: 3-3-2/ },
    cleared: ["lifecycle/no-signal-lost", "lifecycle/storm-coalesces", "lifecycle/reopen-restarts-nothing"],
  },
  {
    name: "fewer-workers-kills",
    target: "prefork",
    fault: "fewer-workers-kills",
    scenario: "lifecycle/signals",
    caughtBy: { "lifecycle/worker-count-signals": /[1-9]\d* of \d+ requests lost \(.*(reset|closed)/ },
    cleared: ["lifecycle/no-signal-lost", "lifecycle/storm-coalesces", "lifecycle/reopen-restarts-nothing"],
  },
  {
    name: "upgrade-close-first",
    target: "upgrade/target.yaml",
    env: { UPGRADE_FAULT: "close-first" },
    scenario: "lifecycle/upgrade",
    caughtBy: { "lifecycle/upgrade-in-place": /[1-9]\d* of \d+ requests lost \([1-9]\d* refused/ },
  },
  {
    name: "upgrade-stay",
    target: "upgrade/target.yaml",
    env: { UPGRADE_FAULT: "stay" },
    scenario: "lifecycle/upgrade",
    caughtBy: { "lifecycle/upgrade-in-place": /processes 1, 1, 2; 0 of/ },
  },
  {
    name: "outstays-deadline",
    target: "prefork",
    fault: "outstays-deadline",
    scenario: "lifecycle/drain-deadline",
    caughtBy: {
      "lifecycle/drain-deadline-enforced":
        /3 stuck requests, [12] old processes (never gone|gone ([4-9]|\d\d)\d{3} ms)/,
      "connections/idle-cannot-pin": /5 idle clients, [12] old processes (never gone|gone ([4-9]|\d\d)\d{3} ms)/,
      "connections/websocket-drains": /NaN/,
    },
  },
  {
    name: "cuts-early",
    target: "prefork",
    fault: "cuts-early",
    scenario: "lifecycle/drain-deadline",
    caughtBy: {
      "lifecycle/not-cut-before-deadline": /^0 of [23] requests completed/,
      "connections/websocket-drains": /ended \d{3}, \d{3} ms/,
    },
  },
  {
    name: "cuts-in-silence",
    target: "prefork",
    fault: "cuts-in-silence",
    scenario: "lifecycle/drain-deadline",
    caughtBy: {
      "lifecycle/drain-cut-logged": /none of which tells of it/,
    },
    cleared: ["lifecycle/drain-deadline-enforced"],
  },
  {
    name: "swallows-second-reload",
    target: "prefork",
    fault: "swallows-second-reload",
    scenario: "connections/across-reload",
    caughtBy: {
      "lifecycle/reload-during-drain": /second reload without effect, and nobody said so/,
    },
  },
  {
    name: "fails-interrupted",
    target: "prefork",
    fault: "fails-interrupted",
    scenario: "connections/across-reload",
    caughtBy: {
      "lifecycle/no-eintr-in-app": /^[4-6] of 6 requests inside the application/,
      "connections/in-flight-completes": /did not complete/,
    },
    perhaps: [
      "connections/buffered-requests-answered",
      "lifecycle/reload-during-drain",
      "connections/post-not-lost",
      "connections/drainers-accept-nothing",
    ],
  },
  {
    name: "stops-at-once",
    target: "prefork",
    fault: "stops-at-once",
    scenario: "lifecycle/workers-leave",
    caughtBy: {
      "lifecycle/stop-drains": /^0 of 3 requests in flight at the stop answered/,
    },
    cleared: ["lifecycle/workers-exit-clean"],
    quick: true,
  },
  {
    name: "exits-with-status-1",
    target: "prefork",
    fault: "exits-with-status-1",
    scenario: "lifecycle/workers-leave",
    caughtBy: {
      "lifecycle/workers-exit-clean": /^0 of [12] drained workers ended with status 0/,
    },
    cleared: ["lifecycle/stop-drains"],
  },
  {
    name: "exits-by-signal",
    target: "prefork",
    fault: "exits-by-signal",
    scenario: "lifecycle/workers-leave",
    caughtBy: {
      "lifecycle/workers-exit-clean": /^0 of [12] drained workers ended with status 0/,
    },
    cleared: ["lifecycle/stop-drains"],
  },
];
