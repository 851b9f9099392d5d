import { withPhase, type Strategy, type Step } from "./strategy.ts";

/**
 * One worker at a time: boot a new one, let it accept, ask an old one to leave. Costs the memory of one more worker and
 * boots no two at once; both generations answer for as long as it takes.
 */
export const rolling: Strategy = {
  interrupts: false,
  next({ target, old, fresh }) {
    const loaded = withPhase(fresh, "loaded");
    if (loaded.length > 0) return [{ do: "admit", workers: loaded }];
    const ready = withPhase(fresh, "ready").length;
    const steps: Step[] = [];
    const surplus = Math.min(old.length, old.length + ready - target);
    if (ready > 0 && surplus > 0) steps.push({ do: "drain", workers: old.slice(0, surplus) });
    if (ready >= target) return [...steps, { do: "drain", workers: old.slice(Math.max(0, surplus)) }, { do: "done" }];
    if (ready === fresh.length) steps.push({ do: "spawn", count: 1 });
    return steps;
  },
};
