import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";

/* node:cluster as most people write it: HUP replaces the workers one by one, TERM lets them finish. */

const workers = Number(process.env.WORKERS);

if (cluster.isPrimary) primary();
else
  createServer((await import(`${process.env.HUPSPEC_RELEASE}/app.js`)).default).listen(process.env.PORT, "127.0.0.1");

function primary() {
  let stopping = false;
  let reloads = Promise.resolve();
  for (let index = 0; index < workers; index++) cluster.fork();
  // One that left of its own accord was replaced already.
  cluster.on("exit", (worker) => {
    if (!stopping && !worker.exitedAfterDisconnect) cluster.fork();
  });
  process.on("SIGHUP", () => {
    reloads = reloads.then(replaceWorkers);
  });
  process.on("SIGTERM", () => {
    stopping = true;
    cluster.disconnect();
  });
}

async function replaceWorkers() {
  for (const old of Object.values(cluster.workers)) {
    await once(cluster.fork(), "listening");
    old.disconnect();
  }
}
