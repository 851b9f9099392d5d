import { sendSignal, signalGroup } from "../process/process-group.ts";
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

/** Sends a signal to a process of the target, or to a group of them, and records it; left out in the control. */
export function kill(context: StageContext, plan: Parameters<Stage["kill"]>[0]): boolean {
  const { recorder, phase, target } = context;
  if (phase === "control") return false;
  const { name, pid, signal } = plan;
  // A number from a stale table may belong to anybody by now.
  const isOurs = target.processes().some((process) => process.pid === Math.abs(pid));
  const delivered = isOurs && (pid < 0 ? signalGroup(-pid, signal) : sendSignal(pid, signal));
  if (delivered && signal === "SIGCONT") settlesFromNow(context);
  recorder.observations.push({ kind: "signal", name, atMs: recorder.now(), pid, signal, delivered });
  return delivered;
}

/** A target that was made to stand still may take its settle time once it goes on. */
function settlesFromNow({ recorder, target, site }: StageContext): void {
  const last = recorder.actions.findLast(({ kind }) => kind === "reload");
  if (last) last.settleDeadlineMs = Math.max(last.settleDeadlineMs, recorder.now() + target.facts(site).settleMs);
}
