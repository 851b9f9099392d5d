import { LIMITS } from "../spec/limits.ts";
import type { SinkEvent } from "../spec/observation.ts";
import type { StageContext } from "./context.ts";

/** Does something to whoever reads the log, and records it; left out in the control. */
export async function changeSink({ recorder, phase, target }: StageContext, event: SinkEvent): Promise<void> {
  if (phase === "control") return;
  const { pid, done } = await target.sink(event);
  recorder.observations.push({ kind: "sink", name: event, atMs: recorder.now(), pid, done });
}

/** Records what the target uses of the CPU; left out in the control. */
export async function lookAtCpu({ recorder, phase, target, signal }: StageContext, name: string): Promise<void> {
  if (phase === "control") return;
  const startedMs = recorder.now();
  const use = await target.watchCpu(LIMITS.cpuWatchMs, signal);
  recorder.observations.push({ kind: "cpu", name, startedMs, endedMs: recorder.now(), ...use });
}
