import { entry } from "../entry.ts";
import { workerOrders } from "../worker-orders.ts";

/* A worker's own limit for what is in flight is a fraction of what the operator set. */
if (entry === "prefork-worker") workerOrders({ gracefulTimeoutMs: 300 });
