import cluster from "node:cluster";
import { createServer, type RequestListener } from "node:http";

/*
 * `main.ts APP PORT WORKERS`: node:cluster as most people reload it. Each worker is replaced by a new one that listens, and then
 * disconnected, which ends the idle connections of its clients while their next requests are on the way.
 */
const [app = "", port = "0", count = "2"] = process.argv.slice(2);

if (cluster.isPrimary) {
  for (let index = 0; index < Number(count); index++) cluster.fork();
  process.on("SIGHUP", () => {
    for (const old of Object.values(cluster.workers ?? {})) {
      cluster.fork().once("listening", () => old?.disconnect());
    }
  });
  process.on("SIGTERM", () => cluster.disconnect(() => process.exit(0)));
} else {
  process.on("SIGHUP", () => undefined);
  const { default: listener } = (await import(app)) as { readonly default: RequestListener };
  createServer(listener).listen(Number(port), "127.0.0.1");
}
