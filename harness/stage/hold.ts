import { exchange } from "../client/exchange.ts";
import type { Door } from "../spec/history.ts";
import { LIMITS } from "../spec/limits.ts";
import type { HeldHandle } from "../spec/scenario.ts";
import type { StageContext } from "./stage.ts";

/** Sends a request that the application answers only when its gate is opened; resolves when it has begun with it. */
export async function holdRequest(context: StageContext, door: Door): Promise<HeldHandle> {
  const { target, recorder, signal } = context;
  const id = `${context.idPrefix("held")}0`;
  const gate = target.gate(id);
  const answer = exchange({
    endpoint: context.endpoint(door),
    clock: recorder,
    id,
    // The application gives up by itself a little after we do, so that no worker is held for ever.
    request: { path: `/hold?gate=${id}&ms=${LIMITS.holdMs}` },
    expect: "contract",
    limits: { requestMs: LIMITS.holdMs },
    signal,
  });
  const entered = await gate.entered(signal);
  const enteredMs = entered ? recorder.now() : Number.NaN;
  const action = recorder.actions.filter(({ kind }) => kind === "reload").length + 1;
  return {
    async release() {
      const releasedMs = recorder.now();
      await gate.open();
      const { row } = await answer;
      recorder.held.push({ row, door, enteredMs, releasedMs, action });
      // What a held request keeps alive may take its settle time from here on.
      const spanned = recorder.actions.find(({ kind, index }) => kind === "reload" && index === action);
      if (spanned)
        spanned.settleDeadlineMs = Math.max(spanned.settleDeadlineMs, releasedMs + target.facts(context.site).settleMs);
    },
  };
}
