import { descriptorCount, pssBytes } from "../process/process-table.ts";
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
