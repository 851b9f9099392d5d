import { listPids, readProcStat } from "../process/proc-files.ts";
import { sendSignal } from "../process/process-group.ts";
import type { ActionRecord } from "../spec/history.ts";
import type { Stage } from "../spec/scenario.ts";
import type { ActionName } from "../spec/target-facts.ts";
import type { StageContext } from "./context.ts";

/** Does what the target file says for `name`; left out in the control. */
export async function act(
  { target, site, recorder, signal, phase }: StageContext,
  name: Exclude<ActionName, "reload" | "stop">,
): Promise<ActionRecord | undefined> {
  if (phase === "control") return undefined;
  const generation = target.workspace.generation(site);
  const action = recorder.begin(name, { generation, release: "ok", bootDelayMs: 0 });
  const { startedMs, returnedMs, output, error, refused } = await target.act(name, site, signal);
  action.startedMs = recorder.at(startedMs);
  action.returnedMs = recorder.at(returnedMs);
  action.settleDeadlineMs = action.startedMs + target.facts(site).settleMs;
  if (output !== undefined) action.output = output;
  if (error !== undefined) action.error = error;
  if (refused) action.refused = true;
  return action;
}

/**
 * Sends a signal to a process of the target or, with a negative pid, to the group that the process of that number is in, and
 * records it; left out in the control.
 */
export function kill(context: StageContext, plan: Parameters<Stage["kill"]>[0]): boolean {
  const { recorder, phase, target } = context;
  if (phase === "control") return false;
  const { name, pid, signal } = plan;
  // A number from a stale table may belong to anybody by now.
  const ours = new Set(target.processes().map((process) => process.pid));
  const wanted = pid < 0 ? -(groupOf(-pid, ours) ?? 0) : pid;
  const delivered = wanted !== 0 && (wanted < 0 || ours.has(wanted)) && sendSignal(wanted, signal);
  if (delivered && signal === "SIGCONT") settlesFromNow(context);
  recorder.observations.push({ kind: "signal", name, atMs: recorder.now(), pid: wanted || pid, signal, delivered });
  return delivered;
}

/** The group of a process, which need not lead it; undefined where anybody else is in it as well. */
function groupOf(pid: number, ours: ReadonlySet<number>): number | undefined {
  const pgrp = readProcStat(pid)?.pgrp;
  if (pgrp === undefined || pgrp <= 1) return undefined;
  return listPids().every((one) => ours.has(one) || readProcStat(one)?.pgrp !== pgrp) ? pgrp : undefined;
}

/** A target that was made to stand still may take its settle time once it goes on. */
function settlesFromNow({ recorder, target, site }: StageContext): void {
  const last = recorder.actions.findLast(({ kind }) => kind === "reload");
  if (last) last.settleDeadlineMs = Math.max(last.settleDeadlineMs, recorder.now() + target.facts(site).settleMs);
}
