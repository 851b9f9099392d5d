import type { ChildProcess } from "node:child_process";
import { changeOrders } from "../children.ts";
import { entry } from "../entry.ts";

/* A reload that is asked for while workers of the one before still drain is forgotten. */
if (entry === "prefork-master") {
  const draining = new Set<ChildProcess>();
  changeOrders((order, child) => {
    if (order.kind === "drain") {
      draining.add(child);
      child.once("exit", () => draining.delete(child));
    }
    return order;
  });
  const on = process.on.bind(process);
  process.on = ((event: string, listener: (...given: unknown[]) => void) => {
    if (event !== "SIGHUP") return on(event, listener);
    return on(event, (...given: unknown[]) => {
      if (draining.size === 0) listener(...given);
    });
  }) as typeof process.on;
}
