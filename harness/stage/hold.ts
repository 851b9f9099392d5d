import { exchange } from "../client/exchange.ts";
import type { Door } from "../spec/history.ts";
import type { Gate } from "../process/gates.ts";
import { LIMITS } from "../spec/limits.ts";
import type { HeldHandle } from "../spec/scenario.ts";
import type { StageContext } from "./context.ts";

/** Sends a request that the application answers only when its gate is opened; resolves when it has begun with it. */
export async function holdRequest(context: StageContext, door: Door): Promise<HeldHandle> {
  const { target, recorder, signal } = context;
  const id = `${context.idPrefix("held")}0`;
  const gate = target.gate(id);
  // Released after the settle time at the latest, which is the target's own to choose.
  const holdMs = LIMITS.holdMs + target.facts(context.site).settleMs;
  const answer = exchange({
    endpoint: context.endpoint(door),
    clock: recorder,
    id,
    // The application gives up by itself, so that no worker is held for ever; its answer then still counts.
    request: { path: `/hold?gate=${id}&ms=${holdMs}` },
    expect: "contract",
    limits: { requestMs: holdMs + LIMITS.requestMs },
    signal,
  });
  const entered = await entersBeforeItEnds(gate, answer, signal);
  const enteredMs = entered ? recorder.now() : Number.NaN;
  const action = recorder.actions.filter(({ kind }) => kind === "reload").length + 1;
  return {
    async release() {
      const releasedMs = recorder.now();
      await gate.open();
      const { row } = await answer;
      if (row.worker > 0) context.meet(row.worker, row.generation);
      recorder.held.push({ row, door, enteredMs, releasedMs, action });
      // What a held request keeps alive may take its settle time from here on.
      const spanned = recorder.actions.find(({ kind, index }) => kind === "reload" && index === action);
      if (spanned)
        spanned.settleDeadlineMs = Math.max(spanned.settleDeadlineMs, releasedMs + target.facts(context.site).settleMs);
    },
  };
}

/** Refused or answered at once, a request will not enter its gate any more: no point in waiting for that. */
async function entersBeforeItEnds(gate: Gate, answer: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  const over = new AbortController();
  void answer.then(() => over.abort());
  try {
    return await gate.entered(AbortSignal.any([signal, over.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (!over.signal.aborted) throw error;
    // It may have entered and been cut right after.
    return gate.entered(signal, 0);
  }
}
