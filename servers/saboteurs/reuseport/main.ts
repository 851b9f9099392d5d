import cluster from "node:cluster";
import { createServer, type RequestListener } from "node:http";

/*
 * `main.ts APP PORT WORKERS`: each worker binds a listener of its own with SO_REUSEPORT. At a reload the old ones are ended as soon as
 * the new ones listen, and with them goes what waits in the queues of their listeners.
 */
const [app = "", port = "0", count = "2"] = process.argv.slice(2);

if (cluster.isPrimary) {
  for (let index = 0; index < Number(count); index++) cluster.fork();
  process.on("SIGHUP", () => {
    for (const old of Object.values(cluster.workers ?? {})) {
      cluster.fork().once("message", () => old?.process.kill("SIGTERM"));
    }
  });
  process.on("SIGTERM", () => process.exit(0));
} else {
  process.on("SIGHUP", () => undefined);
  const { default: listener } = (await import(app)) as { readonly default: RequestListener };
  createServer(listener).listen({ port: Number(port), host: "127.0.0.1", reusePort: true }, () => {
    process.send?.("listening");
  });
}
