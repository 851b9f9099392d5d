import { listenersOf } from "../process/listeners.ts";
import type { StageContext } from "./context.ts";

/** Records which listening sockets a process of the target has open; a process that is gone is not recorded. */
export async function lookAtListeners(
  { target, recorder }: StageContext,
  { name, pid }: { readonly name: string; readonly pid: number },
): Promise<void> {
  const facts = target.processes().find((process) => process.pid === pid);
  const held = await listenersOf(pid);
  if (!facts || !held) return;
  const { descriptors, listeners } = held;
  recorder.observations.push({
    kind: "listeners",
    name,
    atMs: recorder.now(),
    pid,
    command: facts.command,
    descriptors,
    listeners: listeners.map(({ descriptor, address }) => `descriptor ${descriptor}: ${address}`),
  });
}
