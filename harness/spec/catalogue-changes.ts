/** One version of the catalogue: what came, what went, what says something else than before. */
export interface CatalogueChange {
  readonly version: number;
  readonly date: string;
  /** Ids that are new. An id, once published, never comes to mean another rule. */
  readonly added: readonly string[];
  /** Ids that are no longer decided. */
  readonly retired: readonly string[];
  /** In words: what was reworded, split or merged, and why. */
  readonly notes: readonly string[];
}

/** Oldest first; the last one is in force. */
export const CATALOGUE_CHANGES: readonly CatalogueChange[] = [
  {
    version: 1,
    date: "2026-11-22",
    added: [
      "availability/reload-loses-nothing",
      "availability/ab-ten-thousand",
      "availability/old-serves-until-new-ready",
      "availability/stall-bounded",
      "generation/new-code-serves",
      "generation/every-worker-replaced",
      "connections/in-flight-completes",
      "connections/close-announced",
      "resources/no-zombies",
      "logging/every-record-once",
      "logging/no-interleaving",
      "logging/long-record-whole",
      "logging/multibyte-intact",
      "logging/shutdown-output-kept",
      "logging/ids-reconcile",
      "rotation/mid-burst-loses-nothing",
      "rotation/record-boundaries",
      "rotation/size-and-count",
      "rotation/compression-safe",
      "rotation/during-reload",
      "proxy/upstream-reload-hidden",
    ],
    retired: [],
    notes: [
      "`availability/old-serves-until-new-ready` tolerates silence for half of the new release's boot, because a loaded machine delays answers too.",
      "`generation/every-worker-replaced` speaks of processes that have answered, not of all helpers.",
    ],
  },
];

/** Stands in every report. */
export const CATALOGUE_VERSION: number = CATALOGUE_CHANGES.at(-1)?.version ?? 0;
