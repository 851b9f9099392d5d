import { enableCompileCache } from "node:module";
import type net from "node:net";
import type { FromWorker, WorkerOrders } from "./protocol.ts";

/*
 * Entry of a worker process. Signals come first: what is aimed at the whole process group is the master's to act on.
 */
for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTTIN", "SIGTTOU"] as const) {
  process.on(signal, () => undefined);
}
process.on("SIGTERM", () => tell({ kind: "retire", reason: "SIGTERM" }));

/** A worker without a master serves nobody for long: nobody would replace it, and it is in the way of the next start. */
const ORPHAN_MS = 3000;
const LAST_OUTPUT_MS = 1000;

const orders = JSON.parse(process.argv[2] ?? "{}") as WorkerOrders;

// Later imports come from the cache; therefore they are dynamic.
enableCompileCache();
const { DrainableServer } = await import("./drain.ts");
const { openApp } = await import("./open-app.ts");
const { readToWorker } = await import("./protocol.ts");

let serving: InstanceType<typeof DrainableServer> | undefined;
let leaving = false;

process.on("message", (message, handle) => {
  const order = readToWorker(message);
  if (order?.kind === "listen") void listen();
  else if (order?.kind === "stand-in") serving?.standIn(order.place, handle as net.Server, orders.backlog);
  else if (order?.kind === "stand-back") serving?.standBack(order.place);
  else if (order?.kind === "drain") void leave(orders.gracefulTimeoutMs);
  else if (order?.kind === "quit") void exit();
});
process.once("disconnect", () => void leave(Math.min(ORPHAN_MS, orders.gracefulTimeoutMs)));
if (!process.connected) process.exit(1);

const beat = setInterval(() => tell({ kind: "beat" }), orders.beatEveryMs);

const app = await openApp(orders.app);
app.server.keepAliveTimeout = orders.keepAliveTimeoutMs;
let requests = 0;
serving = new DrainableServer(app.server, () => {
  if (++requests === orders.maxRequests) tell({ kind: "retire", reason: `${requests} requests served` });
});
tell({ kind: "loaded", ...(app.generation !== undefined && { generation: app.generation }) });

async function listen(): Promise<void> {
  await serving?.listen(orders.listenFd, orders.backlog);
  tell({ kind: "ready" });
}

async function leave(timeoutMs: number): Promise<void> {
  if (leaving) return;
  leaving = true;
  const cut = await serving?.drain(timeoutMs, () => tell({ kind: "closed" }));
  if (cut) tell({ kind: "cut", ...cut });
  await exit();
}

/** Status 0: a worker that leaves has done what it was asked to. */
async function exit(): Promise<void> {
  clearInterval(beat);
  setTimeout(() => process.exit(0), LAST_OUTPUT_MS);
  // What the application wrote through the streams may still wait in them.
  await Promise.all([process.stdout, process.stderr].map((out) => new Promise((resolve) => out.write("", resolve))));
  process.exit(0);
}

function tell(message: FromWorker): void {
  // The master may be gone; "disconnect" deals with that.
  if (process.connected) process.send?.(message, () => undefined);
}
