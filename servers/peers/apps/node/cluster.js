import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import process from "node:process";

/*
 * node:cluster as its documentation suggests: a worker that ended is replaced, and one that leaves has a time limit. HUP puts a
 * new worker in the place of each, one by one; one that does not come to listen leaves the old ones in place.
 */

const { PORT, WORKERS, BOOT_MS = "30000", DRAIN_MS = "30000", HUPSPEC_RELEASE } = process.env;

let stopping = false;
let reloading = false;
let asked = false;

if (cluster.isPrimary) primary();
else createServer((await import(`${HUPSPEC_RELEASE}/app.js`)).default).listen(PORT, "127.0.0.1");

function primary() {
  process.on("SIGHUP", () => void reload());
  process.on("SIGTERM", stop);
  // The later of the two takes a worker off the list, and either may be it.
  cluster.on("exit", fill);
  cluster.on("disconnect", fill);
  fill();
}

function fill() {
  if (stopping) return;
  for (let count = Object.keys(cluster.workers).length; count < Number(WORKERS); count++) cluster.fork();
}

/** What is asked meanwhile, however often, is one more round. */
async function reload() {
  asked = true;
  if (reloading) return;
  reloading = true;
  while (asked) {
    asked = false;
    await replaceWorkers();
  }
  reloading = false;
}

async function replaceWorkers() {
  for (const old of Object.values(cluster.workers)) {
    if (old.isDead()) continue;
    const worker = cluster.fork();
    const timeout = setTimeout(() => worker.kill(), Number(BOOT_MS));
    await Promise.race([once(worker, "listening"), once(worker, "exit")]);
    clearTimeout(timeout);
    if (stopping || worker.isDead()) return;
    if (!old.isDead()) retire(old);
    // Another one may have ended while there was one more.
    fill();
  }
}

function stop() {
  stopping = true;
  for (const worker of Object.values(cluster.workers)) retire(worker);
}

/** Takes it off the list at once. */
function retire(worker) {
  worker.disconnect();
  const timeout = setTimeout(() => {
    console.error(`worker ${worker.process.pid} was not done after ${DRAIN_MS} ms: killed`);
    worker.kill();
  }, Number(DRAIN_MS));
  worker.once("exit", () => clearTimeout(timeout));
}
