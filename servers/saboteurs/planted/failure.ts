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
    quick: true,
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
    perhaps: ["failure/crash-loop-backs-off"],
    cleared: ["failure/broken-release-keeps-old", "failure/recovers-after-failed-reload"],
  },
];
