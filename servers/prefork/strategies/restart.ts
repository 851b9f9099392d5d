import { withPhase, type Strategy } from "./strategy.ts";

/**
 * Stop, then start, as many do it: the negative control. Were the master's listener left open, connections would wait in
 * its queue and the stop would look harmless; a real stop and start gives the address up, so the listener is closed with
 * the old workers and bound anew for the new ones. In between connections are refused.
 */
export const restart: Strategy = {
  interrupts: true,
  next({ target, old, fresh, leaving, listening }) {
    if (fresh.length === 0) {
      if (listening && old.length > 0) return [{ do: "close-listener" }, { do: "drain", workers: old }];
      if (leaving > 0) return [];
      if (!listening) return [{ do: "open-listener" }];
    }
    if (fresh.length < target) return [{ do: "spawn", count: target - fresh.length }];
    const loaded = withPhase(fresh, "loaded");
    if (loaded.length > 0) return [{ do: "admit", workers: loaded }];
    return withPhase(fresh, "ready").length === fresh.length ? [{ do: "done" }] : [];
  },
};
