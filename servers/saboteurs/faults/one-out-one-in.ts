import { registerHooks } from "node:module";
import { entry } from "../entry.ts";

/* A strategy that needs no memory for one worker more: an old one leaves, then its replacement boots, then the next one leaves. */

interface Worker {
  readonly phase: string;
}

interface View {
  readonly target: number;
  readonly old: readonly Worker[];
  readonly fresh: readonly Worker[];
}

/** Takes the place of the strategy of that name. */
export const allAtOnce = {
  interrupts: true,
  next({ target, old, fresh }: View): readonly object[] {
    const loaded = fresh.filter(({ phase }) => phase === "loaded");
    if (loaded.length > 0) return [{ do: "admit", workers: loaded }];
    if (fresh.some(({ phase }) => phase !== "ready")) return [];
    if (old.length > 0 && old.length + fresh.length >= target) return [{ do: "drain", workers: old.slice(0, 1) }];
    return fresh.length < target ? [{ do: "spawn", count: 1 }] : [{ do: "done" }];
  },
};

if (entry === "prefork-master") {
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier === "./all-at-once.ts" ? import.meta.url : specifier, context),
  });
}
