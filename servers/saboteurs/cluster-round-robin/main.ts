import cluster, { type Worker } from "node:cluster";
import { createServer, type RequestListener } from "node:http";
import { cpus } from "node:os";
import path from "node:path";

/*
 * node:cluster as its manual shows it: the primary accepts and hands each connection to a worker, one that dies is forked
 * anew. On HUP the workers are forked anew one after the other. A connection that was handed to a worker which dies before it
 * took it is held open by the primary for ever.
 *   main.ts PORT WORKERS
 * Signals: HUP reload, TERM stop.
 */

const APP = path.resolve(import.meta.dirname, "../../apps/node-http.ts");
const [port, workers = cpus().length] = process.argv.slice(2).map(Number);
/** Workers whose end is wanted. */
const leaving = new Set<Worker>();

if (cluster.isPrimary) serveByOthers();
else await serve();

function serveByOthers(): void {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  for (let index = 0; index < workers; index++) cluster.fork();
  cluster.on("exit", (worker) => {
    if (!leaving.delete(worker)) setTimeout(() => cluster.fork(), 500);
  });
  process.on("SIGHUP", () => void replaceAll());
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGTERM");
    process.exit();
  });
}

async function replaceAll(): Promise<void> {
  for (const old of Object.values(cluster.workers ?? {})) {
    const fresh = cluster.fork();
    const how = await new Promise<"listening" | "exit">((resolve) => {
      fresh.once("listening", () => resolve("listening"));
      fresh.once("exit", () => resolve("exit"));
    });
    if (how === "exit") return void leaving.add(fresh);
    if (old) leaving.add(old);
    old?.disconnect();
  }
}

async function serve(): Promise<void> {
  process.on("SIGHUP", () => undefined);
  const { default: listener } = (await import(APP)) as { readonly default: RequestListener };
  createServer(listener).listen(port, "127.0.0.1");
}
