import { ChildProcess } from "node:child_process";
import { entry } from "../entry.ts";
import { workerOrders } from "../worker-orders.ts";

/* A worker waits for what it holds as long as it takes, and the master lets it. */
if (entry === "prefork-worker") workerOrders({ gracefulTimeoutMs: 600_000 });
if (entry === "prefork-master") ChildProcess.prototype.kill = () => false;
