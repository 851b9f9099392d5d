import type { Saboteur } from "./saboteur.ts";

const SCENARIO = "control/interface";

export const control: readonly Saboteur[] = [
  {
    name: "control-socket-open",
    target: "stack",
    fault: "control-socket-open",
    scenario: SCENARIO,
    caughtBy: { "control/owner-only": /admin\.sock 0755\/0666/ },
  },
  {
    name: "control-tcp-port",
    target: "stack",
    fault: "control-tcp-port",
    scenario: SCENARIO,
    caughtBy: { "control/owner-only": /2 of \d+ TCP listeners not asked for$/ },
  },
  {
    name: "control-dotted-verbs",
    target: "stack",
    fault: "control-dotted-verbs",
    scenario: SCENARIO,
    caughtBy: { "control/listed-verbs-only": /^[1-9]\d* of 17 unknown and dotted names were not refused/ },
  },
  {
    name: "control-roles-alike",
    target: "stack",
    fault: "control-roles-alike",
    scenario: SCENARIO,
    caughtBy: { "control/scoped-credential": /^[1-9]\d* of \d+ forbidden calls were not refused/ },
    // One of the calls that are not refused is the supervisor's shutdown.
    perhaps: ["control/second-start-harmless"],
  },
  {
    name: "pid-of-anything",
    target: "stack",
    fault: "pid-of-anything",
    scenario: SCENARIO,
    caughtBy: { "control/pid-query-is-safe": /^1 of 3 queries that have no answer printed one/ },
    cleared: ["control/owner-only", "control/listed-verbs-only", "control/scoped-credential", "control/stop-takes-all"],
    quick: true,
  },
  {
    name: "second-start-clears",
    target: "stack",
    fault: "second-start-clears",
    scenario: SCENARIO,
    caughtBy: { "control/second-start-harmless": /ended with exit status 1.* [1-9]\d* things were not as before$/ },
    perhaps: ["control/pid-query-is-safe"],
  },
  {
    name: "stop-leader-only",
    target: "stack",
    fault: "stop-leader-only",
    scenario: SCENARIO,
    caughtBy: {
      "control/stop-takes-all": /^[1-9]\d* of \d+ processes of the program were there after the stop, 0 others/,
    },
  },
  {
    name: "ack-on-delivery",
    target: "stack",
    fault: "ack-on-delivery",
    scenario: "control/acknowledged-reload",
    caughtBy: {
      "control/reload-is-acknowledged": /^2 of 2 successes came too early, .* 2 of 2 failures were told as successes/,
      "control/reload-names-generation": /^2 of 2 successful reloads did not name/,
    },
  },
  {
    name: "ack-whatever-comes",
    target: "stack",
    fault: "ack-whatever-comes",
    scenario: "control/acknowledged-reload",
    caughtBy: {
      "control/reload-is-acknowledged": /^0 of 2 successes came too early, .* 1 of 2 failures were told as successes/,
    },
  },
  {
    name: "pid-file-gap",
    target: "prefork",
    fault: "pid-file-gap",
    scenario: "control/pid-file",
    caughtBy: { "control/pidfile-always-valid": /^[1-9]\d* of \d+ looks at the pid file found none/ },
    quick: true,
  },
  {
    name: "pid-file-believed",
    target: "prefork",
    fault: "pid-file-believed",
    scenario: "control/pid-file",
    caughtBy: { "control/pidfile-always-valid": /^0 of \d+ looks .*; 0 of 1 starts over a stale one came up$/ },
  },
];
