import { exchange } from "../client/exchange.ts";
import type { LedgerRow } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import type { SingleRequestPlan } from "../spec/scenario.ts";
import type { StageContext } from "./context.ts";

/** One request on a connection of its own, recorded as an observation. */
export async function requestOnce(context: StageContext, plan: SingleRequestPlan): Promise<LedgerRow> {
  const { recorder, signal, probe } = context;
  const { name, door, method, path = probe.path, body: sent, withinMs = LIMITS.requestMs } = plan;
  const { row, body } = await exchange({
    endpoint: context.endpoint(door),
    clock: recorder,
    id: `${context.idPrefix(name)}0`,
    request: { path, ...(method && { method }), ...(sent && { body: sent }) },
    expect: probe.expect,
    limits: { requestMs: withinMs },
    signal,
  });
  signal.throwIfAborted();
  if (row.worker > 0) context.meet(row.worker, row.generation);
  if (row.outcome === "ok") context.asked.answers++;
  recorder.observations.push({ kind: "exchange", name, door, row, body: body.toString("utf8") });
  return row;
}
