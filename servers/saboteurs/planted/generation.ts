import type { Saboteur } from "./saboteur.ts";

export const generation: readonly Saboteur[] = [
  {
    name: "cached-symlink",
    target: "prefork",
    fault: "cached-symlink",
    scenario: "reload/once",
    caughtBy: {
      "generation/symlink-resolved-again": /^2 of 2 processes that the reloads had started ran an older release$/,
      "generation/new-code-serves": /^(\d+) of \1 answers came from an older generation$/,
    },
    // Whom the reload brings is as old as those who went.
    perhaps: ["generation/every-worker-replaced"],
  },
  {
    name: "forgotten-worker",
    target: "prefork",
    fault: "forgotten-worker",
    scenario: "reload/once",
    caughtBy: {
      "generation/every-worker-replaced": /^1 of 2 still alive$/,
      "generation/new-code-serves": /^[1-9]\d* of \d+ answers came from an older generation$/,
    },
    cleared: ["generation/symlink-resolved-again"],
  },
  {
    name: "stale-setting",
    target: "prefork",
    fault: "stale-setting",
    scenario: "reload/once",
    caughtBy: {
      "generation/environment-applied": /^setting blue before the reload, blue in \d+ answers of the new code$/,
    },
    cleared: ["generation/new-code-serves", "generation/symlink-resolved-again", "generation/every-worker-replaced"],
  },
  {
    name: "preload",
    target: "preload/target.yaml",
    scenario: "reload/preload",
    caughtBy: {
      "generation/preload-is-honest":
        /^the reload brought 2 new processes, and (\d+) of \1 answers after it came from the old code$/,
    },
  },
  {
    name: "dispatcher",
    target: "dispatcher/target.yaml",
    scenario: "reload/once",
    caughtBy: { "generation/no-going-back": /after the first reload, [1-9]\d* of them from an older generation/ },
    cleared: [
      "availability/silent-connection-answered",
      "generation/new-code-serves",
      "generation/symlink-resolved-again",
      "generation/every-worker-replaced",
      "generation/environment-applied",
    ],
  },
  {
    name: "accepts-on",
    target: "prefork",
    fault: "accepts-on",
    scenario: "reload/loop",
    // A measurement accuses nobody; it has to tell what it is there to measure.
    caughtBy: {
      "generation/mixed-window":
        /^both generations answered fresh requests for [1-9]\d\d ms in the median of \d+ reloads/,
    },
  },
];
