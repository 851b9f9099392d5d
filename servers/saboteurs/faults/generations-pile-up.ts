import { entry } from "../entry.ts";
import { interceptOrders } from "../orders.ts";

/* The master counts a worker as gone as soon as it has told it to leave. */
if (entry === "prefork-master") {
  interceptOrders((worker, order) => {
    if (order === "drain") setTimeout(() => worker.emit("exit", 0, null), 20);
    return false;
  });
}
