import type { ChildProcess } from "node:child_process";
import { onChild } from "./children.ts";

type Send = (...given: unknown[]) => boolean;

/** Looks at what a prefork master says to its workers; where `isTakenOver` says yes, the worker never hears of it. */
export function interceptOrders(isTakenOver: (worker: ChildProcess, order: string | undefined) => boolean): void {
  onChild((worker) => {
    // Each has a function of its own, and none without a channel.
    const send = Reflect.get(worker, "send") as Send | undefined;
    if (!send) return;
    const intercepted: Send = (...given) => {
      const { kind } = given[0] as { readonly kind?: string };
      return isTakenOver(worker, kind) || Reflect.apply(send, worker, given);
    };
    Reflect.set(worker, "send", intercepted);
  });
}
