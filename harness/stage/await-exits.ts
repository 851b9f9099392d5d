import { constants } from "node:os";
import { readProcStat } from "../process/proc-files.ts";
import { waitUntil } from "../process/wait-until.ts";
import type { Stage } from "../spec/scenario.ts";
import type { StageContext } from "./context.ts";

/**
 * Waits until the processes have ended. How one ended can be read as long as it is a zombie, which a stopped parent leaves
 * it; of one that is gone nothing is recorded.
 */
export async function awaitExits(
  { recorder, signal, phase }: StageContext,
  { name, pids, withinMs }: Parameters<Stage["awaitExits"]>[0],
): Promise<void> {
  if (phase === "control") return;
  const left = new Set(pids);
  const look = (): boolean => {
    for (const pid of left) {
      const stat = readProcStat(pid);
      if (stat && stat.state !== "Z") continue;
      left.delete(pid);
      if (stat)
        recorder.observations.push({ kind: "exit", name, atMs: recorder.now(), pid, ...endOf(stat.exitStatus) });
    }
    return left.size === 0;
  };
  await waitUntil(look, withinMs, signal);
}

/** A wait status, see wait(2): the signal in the low seven bits, the code in the next byte. */
function endOf(status: number): { readonly code: number | null; readonly signal: string | null } {
  const number = status & 0x7f;
  return number === 0 ? { code: (status >> 8) & 0xff, signal: null } : { code: null, signal: nameOf(number) };
}

function nameOf(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
