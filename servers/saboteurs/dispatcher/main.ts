import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/*
 * A server whose master holds the connections and deals each request to any worker: `main.ts PORT WORKERS`. A reload replaces the
 * workers one after the other and gives each some time to prove itself, so that a connection meets both generations in turn.
 */

const PROVING_MS = 250;
const LAST_ANSWERS_MS = 500;

interface Worker {
  readonly child: ChildProcess;
  readonly port: number;
}

if (process.send) work();
else await lead(Number(process.argv[2]), Number(process.argv[3]));

async function lead(port: number, count: number): Promise<void> {
  const workers = await Promise.all(Array.from({ length: count }, start));
  process.on("SIGHUP", () => void replaceAll(workers));
  process.on("SIGTERM", () => {
    for (const { child } of workers) child.kill();
    process.exit(0);
  });
  const front = createServer((given, answer) => {
    const worker = workers[Math.floor(Math.random() * workers.length)];
    const { method, url, headers } = given;
    const passed = request({ port: worker?.port, method, path: url, headers, agent: false }, (got) => {
      const { connection: _, "keep-alive": __, ...fields } = got.headers;
      answer.writeHead(got.statusCode ?? 502, fields);
      got.pipe(answer);
    });
    passed.once("error", () => answer.destroy());
    given.pipe(passed);
  });
  front.listen(port, "127.0.0.1");
}

async function replaceAll(workers: Worker[]): Promise<void> {
  for (const [slot, old] of workers.entries()) {
    workers[slot] = await start();
    setTimeout(() => old.child.kill(), LAST_ANSWERS_MS);
    await new Promise((resolve) => setTimeout(resolve, PROVING_MS));
  }
}

async function start(): Promise<Worker> {
  const child = fork(import.meta.filename);
  return new Promise((resolve) => child.once("message", (port) => resolve({ child, port: Number(port) })));
}

function work(): void {
  const text = readFileSync(`${process.env["HUPSPEC_RELEASE"]}/release.json`, "utf8");
  const { generation, setting } = JSON.parse(text) as { readonly generation: number; readonly setting: string };
  const server = createServer((given, answer) => {
    const id = String(given.headers["x-hupspec-id"] ?? "");
    const body = JSON.stringify({ app: "dispatcher", generation, worker: process.pid, id, setting });
    answer.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "x-hupspec-generation": generation,
      "x-hupspec-worker": process.pid,
      "x-hupspec-id": id,
    });
    answer.end(body);
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
  process.once("disconnect", () => process.exit(0));
}
