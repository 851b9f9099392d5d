import type { Scenario } from "./spec/scenario.ts";
import type { TargetFile } from "./targets/schema.ts";

/**
 * How many workers a target has in a scenario: as many as that needs, where the target file passes the number on by `${workers}`; those that it
 * declares, where it does not, or where somebody else has started it.
 */
export function workersFor(
  { workers, exactWorkers }: Pick<Scenario, "workers" | "exactWorkers">,
  settings: TargetFile,
): number {
  if (!JSON.stringify(settings).includes("${workers}")) return settings.workers;
  // The target file says what it needs to serve; a scenario may need more.
  return exactWorkers ? workers : Math.max(workers, settings.workers);
}
