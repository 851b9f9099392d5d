import cluster, { type Worker } from "node:cluster";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

/*
 * `main.ts PORT WORKERS [once|each-time]`: with the third argument the master loads the application for its workers, which then
 * start quickly. `once` does so at the start alone, so that every reload brings new workers with the old code; `each-time` is what
 * a preloading server has to do.
 */
interface Release {
  readonly generation: number;
  readonly setting: string;
}

const LOADED = "LOADED_RELEASE";
const [port = "0", count = "2", preload] = process.argv.slice(2);

if (cluster.isPrimary) lead();
else serve();

function lead(): void {
  let loaded = preload && JSON.stringify(loadRelease());
  const start = (): Worker => cluster.fork(loaded ? { [LOADED]: loaded } : {});
  for (let index = 0; index < Number(count); index++) start();
  process.on("SIGHUP", () => {
    if (preload === "each-time") loaded = JSON.stringify(loadRelease());
    for (const old of Object.values(cluster.workers ?? {})) start().once("listening", () => old?.disconnect());
  });
  process.on("SIGTERM", () => cluster.disconnect(() => process.exit(0)));
}

function serve(): void {
  process.on("SIGHUP", () => undefined);
  const given = process.env[LOADED];
  const { generation, setting } = given ? (JSON.parse(given) as Release) : loadRelease();
  const server = createServer((request, response) => {
    const id = String(request.headers["x-hupspec-id"] ?? "");
    const body = JSON.stringify({ app: "preload", generation, worker: process.pid, id, setting });
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "x-hupspec-generation": generation,
      "x-hupspec-worker": process.pid,
      "x-hupspec-id": id,
    });
    response.end(body);
  });
  server.listen(Number(port), "127.0.0.1");
}

function loadRelease(): Release {
  return JSON.parse(readFileSync(`${process.env["HUPSPEC_RELEASE"]}/release.json`, "utf8")) as Release;
}
