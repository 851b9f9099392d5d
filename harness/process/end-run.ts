import type { ProcessFacts } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import { ProcessError } from "./managed-process.ts";
import { sendSignal } from "./process-group.ts";
import { factsOf, type ProcessEntry, type ProcessTable } from "./process-table.ts";
import { waitUntil } from "./wait-until.ts";

/**
 * After a stop nothing of the run may be alive. What does not go by itself within `graceMs` is left over: it is
 * reported, and killed.
 *
 * @throws {ProcessError} if something survives KILL.
 */
export async function endRun(
  table: ProcessTable,
  graceMs: number = LIMITS.leftOverGraceMs,
): Promise<readonly ProcessFacts[]> {
  let alive = running(table);
  await waitUntil(() => (alive = running(table)).length === 0, graceMs);
  const leftOver = alive.map(factsOf);
  if (leftOver.length === 0) return leftOver;
  const gone = await waitUntil(() => {
    alive = running(table);
    // Again on every round: a process may fork while its siblings are killed.
    for (const { pid } of alive) sendSignal(pid, "SIGKILL");
    return alive.length === 0;
  }, LIMITS.killMs);
  if (gone) return leftOver;
  const names = alive.map(({ pid, command }) => `${pid} (${command})`).join(", ");
  throw new ProcessError(`expected nothing of the run to survive KILL, found ${names}`);
}

/** Zombies run nothing; they stay until somebody else's parent looks after them. */
function running(table: ProcessTable): ProcessEntry[] {
  return table.read().filter(({ state }) => state !== "Z" && state !== "X");
}
