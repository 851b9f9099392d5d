import { entry } from "../entry.ts";
import { interceptOrders } from "../orders.ts";

/* The worker that is one too many is killed, whatever it has in hand. */
if (entry === "prefork-master") {
  let killing = false;
  process.on("SIGTTOU", () => (killing = true));
  interceptOrders((worker, order) => {
    if (!killing || order !== "drain") return false;
    killing = false;
    return worker.kill("SIGKILL");
  });
}
