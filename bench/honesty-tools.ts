import { execFile } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import autocannon from "autocannon";
import { startAutocannon } from "../harness/client/autocannon.ts";
import { startClosedLoop } from "../harness/client/closed-loop.ts";
import type { ClosedLoopOptions, Driver } from "../harness/client/load-options.ts";

export interface Aim {
  readonly host: string;
  readonly port: number;
  readonly requests: number;
}

/** What a tool says of a run, in its own words; undefined where it is not installed. */
export interface Tool {
  readonly name: string;
  /** How many failures it counts, and the words. */
  report(aim: Aim): Promise<Report | undefined>;
}

export interface Report {
  readonly failures: number;
  readonly words: string;
}

/** A stalled request is given up after this long, by those that can. */
const STALL_MS = 1000;
const TOOL_MS = 15_000;
const run = promisify(execFile);

export const TOOLS: readonly Tool[] = [
  { name: "ab", report: (aim) => ab(aim, []) },
  { name: "ab -k", report: (aim) => ab(aim, ["-k"]) },
  { name: "wrk", report: wrk },
  { name: "h2load", report: h2load },
  { name: "autocannon, bare", report: bareAutocannon },
  { name: "autocannon, adapted", report: (aim) => driver(startAutocannon, aim) },
  { name: "ours", report: (aim) => driver(startClosedLoop, aim) },
];

async function ab({ host, port, requests }: Aim, flags: readonly string[]): Promise<Report | undefined> {
  const url = `http://${host}:${port}/`;
  const output = await outputOf("ab", [...flags, "-r", "-q", "-s", "1", "-c", "1", "-n", String(requests), url]);
  if (output === undefined) return undefined;
  const stopped = /^(apr_\w+: .*)$/m.exec(output)?.[1];
  const complete = numberIn(output, /Complete requests:\s+(\d+)/);
  const failed = numberIn(output, /Failed requests:\s+(\d+)/);
  const detail = /\(Connect: .*\)/.exec(output)?.[0] ?? "";
  const words = stopped ?? `complete ${complete}, failed ${failed} ${detail}`.trim();
  return { failures: stopped === undefined ? failed : Number.NaN, words };
}

async function wrk({ host, port }: Aim): Promise<Report | undefined> {
  // Bounded by time alone: the server's count of what it broke is what this has to be held against.
  const output = await outputOf("wrk", ["-t1", "-c1", "-d2s", "--timeout", "1s", `http://${host}:${port}/`]);
  if (output === undefined) return undefined;
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output);
  const failures = (sockets ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0);
  const words = `${numberIn(output, /(\d+) requests in/)} requests, ${sockets?.[0]?.toLowerCase() ?? "no errors"}`;
  return { failures: failures + numberIn(output, /Non-2xx or 3xx responses: (\d+)/), words };
}

async function h2load({ host, port, requests }: Aim): Promise<Report | undefined> {
  const url = `http://${host}:${port}/`;
  const plan = ["--h1", "-c1", "-t1", "-N1s", "-T1s", `-n${requests}`, url];
  const output = await outputOf("h2load", plan);
  if (output === undefined) return undefined;
  const line = /^requests: .*$/m.exec(output)?.[0] ?? "no summary";
  const succeeded = numberIn(line, /(\d+) succeeded/);
  return { failures: requests - succeeded, words: line.replace("requests: ", "") };
}

async function bareAutocannon({ host, port, requests }: Aim): Promise<Report> {
  // Given a refused connection it connects for ever: the time is bounded from outside.
  const load = autocannon({ url: `http://${host}:${port}/`, connections: 1, amount: requests, timeout: 1 }, () => {});
  const giveUp = setTimeout(() => load.stop(), TOOL_MS / 3);
  const [result] = (await once(load, "done")) as [autocannon.Result];
  clearTimeout(giveUp);
  const { errors, timeouts, non2xx, mismatches, resets } = result;
  const words = `2xx ${result["2xx"]}, errors ${errors}, timeouts ${timeouts}, resets ${resets}`;
  return { failures: errors + non2xx + mismatches, words };
}

async function driver(start: (options: ClosedLoopOptions) => Driver, { host, port, requests }: Aim): Promise<Report> {
  const { tally, closes } = await start({
    name: "honesty",
    door: "front",
    endpoint: { host, port },
    clock: performance,
    idPrefix: "h-",
    connections: "kept-alive",
    request: { path: "/" },
    expect: "contract",
    limits: { requestMs: STALL_MS },
    requests,
    concurrency: 1,
  }).finished;
  const classes = Object.entries(tally).map(([outcome, count]) => `${outcome} ${count}`);
  const ended = Object.entries(closes).filter(([, count]) => count > 0);
  const words = [...classes, ...ended.map(([how, count]) => `closes ${how} ${count}`)].join(", ");
  return { failures: requests - (tally.ok ?? 0), words };
}

/** What a command printed, whatever its exit; undefined if there is none of that name. */
async function outputOf(command: string, plan: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(command, plan, { timeout: TOOL_MS, killSignal: "SIGKILL" });
    return stdout + stderr;
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as NodeJS.ErrnoException & { stdout?: string; stderr?: string };
    return code === "ENOENT" ? undefined : stdout + stderr;
  }
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}
