import { findLogFiles } from "../logs/find.ts";
import { LIMITS } from "../spec/limits.ts";
import type { SinkEvent } from "../spec/observation.ts";
import type { StageContext } from "./context.ts";

/** Does something to whoever reads the log, and records it; left out in the control. */
export async function changeSink({ recorder, phase, target, site }: StageContext, event: SinkEvent): Promise<void> {
  if (phase === "control") return;
  const patterns = target.logPatterns(site);
  const goesOn = event === "resume" || event === "restore";
  const before = goesOn ? await bytesOf(patterns) : undefined;
  const { pid, done } = await target.sink(event);
  const atMs = recorder.now();
  const logBytes = before ?? (await bytesOf(patterns));
  recorder.observations.push({ kind: "sink", name: event, atMs, pid, done, logBytes });
}

async function bytesOf(patterns: readonly string[]): Promise<number> {
  return (await findLogFiles(patterns)).files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Records what the target uses of the CPU; left out in the control. */
export async function lookAtCpu({ recorder, phase, target, signal }: StageContext, name: string): Promise<void> {
  if (phase === "control") return;
  const startedMs = recorder.now();
  const use = await target.watchCpu(LIMITS.cpuWatchMs, signal);
  recorder.observations.push({ kind: "cpu", name, startedMs, endedMs: recorder.now(), ...use });
}
