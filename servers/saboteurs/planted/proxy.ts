import type { Saboteur } from "./saboteur.ts";

const NAIVE = "naive-proxy/target.yaml";

/** What a proxy of the kind gets wrong on this scenario in any case. */
const UPSTREAM_FAULTS = [
  "proxy/idempotent-retried",
  "proxy/pool-outlived-by-backend",
  "proxy/truncation-propagated",
] as const;

export const proxy: readonly Saboteur[] = [
  {
    name: "close-passed-on",
    target: "stack",
    fault: "close-passed-on",
    scenario: "proxy/neighbours",
    caughtBy: { "proxy/upstream-reload-hidden": /^[1-9]\d* connections closed$/ },
    perhaps: ["proxy/neighbours-undisturbed"],
  },
  {
    name: "stalls-neighbours",
    target: "stack",
    fault: "stalls-neighbours",
    scenario: "proxy/neighbours",
    caughtBy: { "proxy/neighbours-undisturbed": /^[1-9]\d* answers later than 1000 ms/ },
    perhaps: ["proxy/upstream-reload-hidden"],
  },
  {
    name: "naive-proxy",
    target: NAIVE,
    scenario: "proxy/upstream-faults",
    caughtBy: {
      "proxy/idempotent-retried": /^6 of 6 GETs failed/,
      "proxy/pool-outlived-by-backend": /^[1-9]\d* of 30 requests around the backend's idle limit failed/,
      "proxy/truncation-propagated": /^of 4 answers cut short 4 ended cleanly/,
    },
    cleared: ["proxy/post-never-replayed", "proxy/no-blackout"],
    quick: true,
  },
  {
    name: "naive-proxy-replays",
    target: NAIVE,
    env: { NAIVE_PROXY: "replays" },
    scenario: "proxy/upstream-faults",
    caughtBy: {
      "proxy/post-never-replayed": /^[1-9]\d* of [1-9]\d* POSTs that the upstream took .* reached it again$/,
    },
    perhaps: UPSTREAM_FAULTS,
  },
  {
    name: "naive-proxy-marks-down",
    target: NAIVE,
    env: { NAIVE_PROXY: "marks-down" },
    scenario: "proxy/upstream-faults",
    caughtBy: { "proxy/no-blackout": /^[1-9]\d* of 16 requests after a single failure failed in a row/ },
    perhaps: UPSTREAM_FAULTS,
  },
  {
    name: "naive-proxy-framing",
    target: NAIVE,
    scenario: "proxy/framing",
    caughtBy: {
      "proxy/framing-strict": /^[1-9]\d* of 62 inputs: .*two-hosts/,
      "proxy/hop-by-hop-removed": /^[1-9]\d* of 10 messages passed on with them$/,
    },
  },
  {
    name: "naive-proxy-lenient",
    target: NAIVE,
    env: { NAIVE_PROXY: "lenient" },
    scenario: "proxy/framing",
    caughtBy: { "proxy/framing-strict": /^[1-9]\d* of 62 inputs: .*length-then-coding/ },
    perhaps: ["proxy/hop-by-hop-removed"],
  },
  {
    name: "naive-proxy-slow-clients",
    target: NAIVE,
    scenario: "proxy/slow-clients",
    caughtBy: { "proxy/slow-clients-bounded": /^not ended in time: .*reader/ },
  },
  {
    name: "naive-proxy-own-reload",
    target: NAIVE,
    scenario: "proxy/own-reload",
    caughtBy: { "proxy/own-reload": /[1-9] of 3 cut in flight$/ },
    perhaps: ["availability/reload-loses-nothing", "connections/close-announced", "connections/in-flight-completes"],
  },
];
