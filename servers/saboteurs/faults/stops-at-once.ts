import { changeOrders } from "../children.ts";
import { entry } from "../entry.ts";

/* Asked to stop, the master has its workers quit in the middle of their work; a reload is as it should be. */
if (entry === "prefork-master") {
  let stopping = false;
  process.on("SIGTERM", () => (stopping = true));
  changeOrders((order) => (stopping && order.kind === "drain" ? { kind: "quit" } : order));
}
