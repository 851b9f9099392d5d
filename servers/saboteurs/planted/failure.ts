import type { Saboteur } from "./saboteur.ts";

export const failure: readonly Saboteur[] = [
  {
    name: "dies-of-broken-release",
    target: "prefork",
    fault: "dies-of-broken-release",
    scenario: "failure/broken-release",
    caughtBy: {
      "failure/broken-release-keeps-old": /requests lost .*; the main process did not survive it/,
      "failure/recovers-after-failed-reload": /^0 of 1 good releases served/,
    },
    perhaps: ["failure/crash-loop-backs-off"],
  },
  {
    name: "stops-the-old-first",
    target: "restart/target.yaml",
    scenario: "failure/broken-release",
    caughtBy: { "failure/broken-release-keeps-old": /[1-9]\d* of \d+ requests lost .*refused/ },
    perhaps: ["failure/recovers-after-failed-reload", "failure/crash-loop-backs-off"],
  },
  {
    name: "retries-without-pause",
    target: "prefork",
    fault: "retries-without-pause",
    scenario: "failure/broken-release",
    caughtBy: { "failure/crash-loop-backs-off": /broken-release: \d\d+ processes started in 2\.\d s/ },
    perhaps: ["failure/recovers-after-failed-reload"],
    cleared: ["failure/broken-release-keeps-old", "failure/killed-worker-costs-its-own"],
  },
  {
    name: "no-back-off",
    target: "no-back-off/target.yaml",
    scenario: "failure/broken-release",
    caughtBy: { "failure/crash-loop-backs-off": /crash-loop: \d\d+ processes started in 2\.\d s/ },
    cleared: ["failure/broken-release-keeps-old", "failure/recovers-after-failed-reload"],
  },
  {
    name: "latched-reload",
    target: "prefork",
    fault: "latched-reload",
    scenario: "failure/broken-release",
    caughtBy: { "failure/recovers-after-failed-reload": /^0 of 1 good releases served/ },
    cleared: [
      "failure/broken-release-keeps-old",
      "failure/crash-loop-backs-off",
      "failure/killed-worker-costs-its-own",
    ],
  },
  {
    name: "cluster-round-robin",
    target: "cluster-round-robin/target.yaml",
    scenario: "failure/broken-release",
    caughtBy: { "failure/killed-worker-costs-its-own": /[1-9]\d* of these not told/ },
    perhaps: ["failure/broken-release-keeps-old", "failure/crash-loop-backs-off"],
  },
  {
    name: "one-dies-all-die",
    target: "prefork",
    fault: "one-dies-all-die",
    scenario: "failure/broken-release",
    caughtBy: { "failure/killed-worker-costs-its-own": /[1-9]\d* others of \d+ lost or late/ },
    // What is left of a reload that failed is killed as well.
    perhaps: ["failure/crash-loop-backs-off", "failure/broken-release-keeps-old"],
    cleared: ["failure/recovers-after-failed-reload"],
  },
  {
    name: "no-limits",
    target: "no-limits/target.yaml",
    scenario: "failure/hanging-release",
    caughtBy: {
      "failure/never-ready-is-abandoned": /^0 of 2 hanging processes given up/,
      "failure/hung-worker-replaced": /^stopped worker \d+ never replaced/,
      "failure/recovers-after-failed-reload": /^0 of 1 good releases served/,
    },
  },
  {
    name: "one-out-one-in",
    target: "prefork",
    fault: "one-out-one-in",
    scenario: "reload/under-load",
    caughtBy: { "failure/capacity-floor": /^fewer than 2 workers answered for \d{3,} ms at most/ },
    perhaps: ["availability/old-serves-until-new-ready", "availability/stall-bounded", "connections/close-announced"],
    cleared: ["availability/reload-loses-nothing", "generation/every-worker-replaced"],
  },
  {
    name: "dies-of-bad-config",
    target: "from-file/target.yaml",
    fault: "dies-of-bad-config",
    scenario: "failure/bad-config",
    caughtBy: {
      "failure/bad-config-refused": /the main process did not survive it/,
      "failure/recovers-after-failed-reload": /^0 of 1 good releases served/,
    },
  },
  {
    name: "swallows-bad-config",
    target: "from-file/target.yaml",
    fault: "swallows-bad-config",
    scenario: "failure/bad-config",
    caughtBy: {
      "failure/bad-config-refused": /^0 of 1 invalid configurations reported.*the release that came with it served/,
    },
    quick: true,
  },
];
