import { withPhase, type Strategy } from "./strategy.ts";

/**
 * The whole new cohort boots beside the old one. No new worker accepts before all have loaded, no old worker leaves
 * before all new ones accept: the two generations overlap for an instant only, at the price of twice the memory.
 */
export const allAtOnce: Strategy = {
  interrupts: false,
  next({ target, old, fresh }) {
    if (fresh.length < target) return [{ do: "spawn", count: target - fresh.length }];
    const loaded = withPhase(fresh, "loaded");
    const booting = withPhase(fresh, "booting");
    if (booting.length === 0 && loaded.length > 0) return [{ do: "admit", workers: loaded }];
    return withPhase(fresh, "ready").length === fresh.length ? [{ do: "drain", workers: old }, { do: "done" }] : [];
  },
};
