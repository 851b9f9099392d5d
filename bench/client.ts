import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import autocannon from "autocannon";
import { startClosedLoop } from "../harness/client/closed-loop.ts";
import type { Expectation, LoadOptions } from "../harness/client/load-options.ts";
import { quantilesOf } from "../harness/client/histogram.ts";
import type { Quantiles } from "../harness/spec/history.ts";
import { startOpenLoop } from "../harness/client/open-loop.ts";
import { Ledger } from "../harness/client/ledger.ts";

/*
 * The client side by side with wrk and bare autocannon, over 32 kept-alive connections to a plain node:http server in
 * another process. Rounds are interleaved and medians given; the first round warms up and is thrown away.
 */
const CONNECTIONS = 32;
const ROUNDS = Number(process.env["ROUNDS"] ?? 3);
const REQUESTS = 50_000;
const RATE = 1000;
const OPEN_LOOP_MS = 4000;
const run = promisify(execFile);

interface Subject {
  readonly name: string;
  measure(port: number): Promise<number>;
}

const SUBJECTS: readonly Subject[] = [
  { name: "ours, contract checked", measure: (port) => ours(port, "contract") },
  { name: "ours, status checked", measure: (port) => ours(port, { status: 200 }) },
  {
    name: "autocannon, bare",
    measure: async (port) => {
      const url = `http://127.0.0.1:${port}/`;
      const result = await autocannon({ url, connections: CONNECTIONS, amount: REQUESTS, sampleInt: 10 });
      return result["2xx"] / result.duration;
    },
  },
  {
    name: "wrk",
    measure: async (port) => {
      const { stdout } = await run("wrk", ["-t1", `-c${CONNECTIONS}`, "-d2s", `http://127.0.0.1:${port}/`]);
      return Number(/Requests\/sec:\s*([0-9.]+)/.exec(stdout)?.[1] ?? Number.NaN);
    },
  },
];

await main();

async function main(): Promise<void> {
  const target = fork(new URL("client-target.ts", import.meta.url).pathname, [], { execPath: process.execPath });
  const [port] = (await once(target, "message")) as [number];
  try {
    console.log(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`);
    await closedLoops(port);
    await openLoop(port, "kept-alive");
    await openLoop(port, "fresh");
    noiseFloor(await timerOvershoot());
    ledgerMemory();
  } finally {
    target.disconnect();
    await once(target, "exit");
  }
}

async function closedLoops(port: number): Promise<void> {
  const figures = new Map<string, number[]>(SUBJECTS.map(({ name }) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const subject of SUBJECTS) {
      const perSecond = await subject.measure(port).catch(unavailable);
      if (round > 0) figures.get(subject.name)?.push(perSecond);
    }
  }
  for (const [name, rates] of figures) {
    const sorted = rates.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
    const spread = `${Math.round(sorted[0] ?? 0)} to ${Math.round(sorted.at(-1) ?? 0)}`;
    console.log(`${name.padEnd(24)} ${Math.round(median)} requests/s (${spread})`);
  }
}

async function ours(port: number, expect: Expectation): Promise<number> {
  const options = { ...optionsFor(port, expect), requests: REQUESTS, concurrency: CONNECTIONS };
  const record = await startClosedLoop(options).finished;
  if (record.tally.ok !== REQUESTS)
    throw new Error(`verify: expected ${REQUESTS} ok, got ${JSON.stringify(record.tally)}`);
  return REQUESTS / ((record.endedMs - record.startedMs) / 1000);
}

async function openLoop(port: number, connections: "fresh" | "kept-alive"): Promise<void> {
  const before = process.cpuUsage();
  const options = { ...optionsFor(port, "contract"), connections, sessions: CONNECTIONS, ratePerSecond: RATE };
  const load = startOpenLoop(options);
  await load.reached((RATE * OPEN_LOOP_MS) / 1000);
  const { tally, lateness, intended } = await load.stop();
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1000 / OPEN_LOOP_MS;
  const late = `lateness p50 ${lateness.p50} p99 ${lateness.p99} max ${lateness.max} ms`;
  console.log(
    `open loop, ${connections}: ${intended} at ${RATE}/s, ${late}, ${cpu.toFixed(2)} cores, ${JSON.stringify(tally)}`,
  );
}

/** How late timers come on this machine without any load of ours: no driver can do better by timers. */
async function timerOvershoot(): Promise<Quantiles> {
  const overshoots = [];
  for (let turn = 0; turn < 2000; turn++) {
    const before = performance.now();
    await setTimeout(1);
    overshoots.push(performance.now() - before - 1);
  }
  return quantilesOf(overshoots);
}

function noiseFloor({ p50, p99, max }: Quantiles): void {
  console.log(`timers alone, idle: late by p50 ${p50} p99 ${p99} max ${max} ms`);
}

function ledgerMemory(): void {
  const rows = 1_000_000;
  const ledger = new Ledger("m-");
  for (let index = 0; index < rows; index++) ledger.intend(index);
  console.log(`ledger: ${(ledger.byteLength / rows).toFixed(1)} bytes a row at ${rows} rows`);
}

function optionsFor(port: number, expect: Expectation): LoadOptions {
  return {
    name: "bench",
    door: "front",
    endpoint: { host: "127.0.0.1", port },
    clock: performance,
    idPrefix: "b-",
    connections: "kept-alive",
    request: { path: "/" },
    expect,
  };
}

/** A tool that is not installed leaves a gap in the table; anything else is a mistake. */
function unavailable(error: NodeJS.ErrnoException): number {
  if (error.code !== "ENOENT") throw error;
  return Number.NaN;
}
