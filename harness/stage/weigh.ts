import { listenQueueOf } from "../process/listen-queue.ts";
import { descriptorCount, pssBytes } from "../process/process-table.ts";
import type { Door } from "../spec/history.ts";
import type { StageContext } from "./context.ts";

/** Records descriptors and memory of a process; a process that is gone has neither and is not recorded. */
export async function weigh(
  { recorder }: StageContext,
  { name, pid }: { readonly name: string; readonly pid: number },
): Promise<void> {
  const atMs = recorder.now();
  const [descriptors, bytes] = await Promise.all([descriptorCount(pid), pssBytes(pid)]);
  if (descriptors === undefined) return;
  recorder.observations.push({ kind: "resources", name, atMs, pid, descriptors, pssBytes: bytes });
}

/** Records how many connections wait at a door; nothing where that can't be seen, as in another network namespace. */
export function lookAtListenQueue(
  context: StageContext,
  { name, door }: { readonly name: string; readonly door: Door },
): void {
  const { recorder } = context;
  const endpoint = context.endpoint(door);
  const queue = "port" in endpoint ? listenQueueOf(endpoint.port) : undefined;
  if (queue) recorder.observations.push({ kind: "listen-queue", name, door, atMs: recorder.now(), ...queue });
}
