import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";

/*
 * What the reference proxy costs: closed loop over kept-alive connections, straight at a trivial upstream and through the
 * proxy, in turns. `bench/proxy.ts [SECONDS]`; figures are medians of the turns. Without SECONDS: 2 per turn.
 */

const CONNECTIONS = 32;
const TURNS = 3;
const REQUEST = Buffer.from("GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n");
const BODY = "x".repeat(100);

if (process.argv[2] === "upstream") serveUpstream();
else await compare(Number(process.argv[2] ?? 2));

function serveUpstream(): void {
  const server = http.createServer((_request, response) => response.end(BODY));
  server.listen(0, "127.0.0.1", () => console.log(`serving on 127.0.0.1:${(server.address() as AddressInfo).port}`));
}

async function compare(seconds: number): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), "hupspec-bench-"));
  const children: ReturnType<typeof spawn>[] = [];
  const start = async (args: string[], stream: "stdout" | "stderr"): Promise<number> => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => void (stream === "stdout" && (text += chunk.toString())));
    child.stderr.on("data", (chunk: Buffer) => void (stream === "stderr" && (text += chunk.toString())));
    const deadline = performance.now() + 10_000;
    for (;;) {
      const port = /serving on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port !== undefined) return Number(port);
      if (performance.now() > deadline) throw new Error(`${args[0]} did not get ready: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  try {
    const upstream = await start([import.meta.filename, "upstream"], "stdout");
    const stack = path.join(folder, "stack.yaml");
    await writeFile(
      stack,
      `sites: {all: {hosts: ["*"], upstream: "127.0.0.1:${upstream}"}}\nprograms: {front: {proxy: {listen: "127.0.0.1:0", accessLog: access.log}}}\n`,
    );
    const main = path.join(import.meta.dirname, "../servers/proxy/main.ts");
    const front = await start([main, "--config", stack, "--program", "front"], "stderr");
    for (const port of [upstream, front]) await load(port, 500);
    const rates = { direct: [] as number[], proxy: [] as number[] };
    for (let turn = 0; turn < TURNS; turn++) {
      rates.direct.push(await load(upstream, seconds * 1_000));
      rates.proxy.push(await load(front, seconds * 1_000));
    }
    const [direct, proxy] = [median(rates.direct), median(rates.proxy)];
    console.log(
      `direct ${Math.round(direct)}/s, through the proxy ${Math.round(proxy)}/s, ratio ${(proxy / direct).toFixed(2)}`,
    );
  } finally {
    for (const child of children) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    }
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whole answers per second; any other answer ends the run, as its figure would mean nothing. */
async function load(port: number, ms: number): Promise<number> {
  const started = performance.now();
  const counts = await Promise.all(Array.from({ length: CONNECTIONS }, () => session(port, started + ms)));
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - started) / 1_000);
}

async function session(port: number, until: number): Promise<number> {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  let count = 0;
  let text = "";
  const done = Promise.withResolvers<void>();
  socket.on("connect", () => socket.write(REQUEST));
  socket.on("error", done.reject);
  socket.on("close", () => done.reject(new Error("the server closed a connection")));
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    if (!text.endsWith(BODY)) return;
    if (!text.startsWith("HTTP/1.1 200")) done.reject(new Error(`expected 200, not ${text.slice(0, 80)}`));
    text = "";
    count++;
    if (performance.now() >= until) done.resolve();
    else socket.write(REQUEST);
  });
  try {
    await done.promise;
    return count;
  } finally {
    socket.destroy();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
