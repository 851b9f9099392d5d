import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LineSink } from "../log-record/line-sink.ts";
import { createRecordLogger, type RecordLogger } from "../log-record/logger.ts";
import { bootRelease, type Release } from "./release.ts";

/*
 * The application's side of the probe contract, without a framework: each of the three sample apps gives these
 * functions the routes, in the way that is usual for its framework.
 */

/** Published by the prefork worker when what is still open is about to be cut. */
const DEADLINE_CHANNEL = "prefork:deadline";

const GATE_POLL_MS = 10;
const HOLD_MS = 30_000;
const LONGEST_LOG_SLICE_MS = 10;
const CHILD_SECONDS = 120;

/** One request of the contract, as the frameworks hand it over; `query` has the parameters by name. */
export type Query = Readonly<Record<string, unknown>>;

/** A parameter that the contract does not allow; answered with status 400. */
export class BadParameter extends Error {
  override readonly name = "BadParameter";
  readonly statusCode = 400;
}

/** Reads the release in force and opens the log; what `bootRelease` throws comes through. */
export async function openProbe(app: string, env: NodeJS.ProcessEnv): Promise<Probe> {
  const release = await bootRelease(env["HUPSPEC_RELEASE"]);
  let log: RecordLogger | undefined;
  const sink = new LineSink({
    fd: 2,
    patienceMs: 250,
    describeDrop: (lines) => log?.formatDrop(lines) ?? "",
  });
  log = createRecordLogger({ app, generation: release.generation, sink });
  process.once("exit", () => sink.flush(1000));
  return new Probe(app, release, env["HUPSPEC_GATES"], log, sink);
}

export class Probe {
  readonly app: string;
  readonly generation: number;
  readonly log: RecordLogger;
  /** Aborted when long-lived connections should say goodbye. */
  readonly closing: AbortSignal;
  readonly #setting: string;
  readonly #gates: string | undefined;
  readonly #sink: LineSink;

  constructor(app: string, release: Release, gates: string | undefined, log: RecordLogger, sink: LineSink) {
    this.app = app;
    this.generation = release.generation;
    this.#setting = release.setting;
    this.#gates = gates;
    this.log = log;
    this.#sink = sink;
    const closing = new AbortController();
    this.closing = closing.signal;
    subscribe(DEADLINE_CHANNEL, () => closing.abort());
  }

  /** The request's own id, or a new one where it has none. */
  idOf(header: string | string[] | undefined): string {
    return typeof header === "string" && header !== "" ? header : randomUUID();
  }

  headers(id: string): Record<string, string> {
    return {
      "x-hupspec-generation": String(this.generation),
      "x-hupspec-worker": String(process.pid),
      "x-hupspec-id": id,
    };
  }

  /** `GET /` */
  identity(id: string): { app: string; generation: number; worker: number; id: string; setting: string } {
    return { app: this.app, generation: this.generation, worker: process.pid, id, setting: this.#setting };
  }

  /** `GET /hold`: tells that it was entered, then waits for the gate to open or for the time to pass. */
  async hold(query: Query): Promise<void> {
    const ms = numberOf(query, "ms", HOLD_MS, 600_000);
    const gate = gateOf(query);
    const until = performance.now() + ms;
    const folder = this.#gates;
    if (folder !== undefined && gate !== undefined) writeFileSync(path.join(folder, `${gate}.entered`), "");
    const isOpen = (): boolean =>
      folder !== undefined && gate !== undefined && existsSync(path.join(folder, `${gate}.open`));
    for (let left = ms; left > 0 && !isOpen(); left = until - performance.now()) {
      await sleep(Math.min(GATE_POLL_MS, left));
    }
  }

  /** `GET /bytes`: how many, and the content in pieces of at most 64 KiB. */
  bytes(query: Query): { length: number; pieces: () => Generator<Buffer> } {
    const length = numberOf(query, "n", 1024, 1024 ** 3);
    return { length, pieces: () => pieces(length) };
  }

  /** `GET /stream` */
  stream(query: Query): AsyncGenerator<string> {
    return streamChunks(numberOf(query, "chunks", 10, 1_000_000), numberOf(query, "ms", 100, 60_000));
  }

  /** `POST /digest` */
  async digest(body: AsyncIterable<Buffer>): Promise<{ length: number; sha256: string }> {
    const hash = createHash("sha256");
    let length = 0;
    for await (const chunk of body) {
      hash.update(chunk);
      length += chunk.length;
    }
    return { length, sha256: hash.digest("hex") };
  }

  /** `GET /log`: in slices of a few milliseconds, so that other requests are answered in between. */
  async writeRecords(query: Query, id: string): Promise<void> {
    const records = numberOf(query, "records", 1, 10_000_000);
    const bytes = numberOf(query, "bytes", 256, 16 * 1024 ** 2);
    for (let left = records; left > 0; left -= this.#writeSlice(left, bytes, id)) {
      await this.#sink.drained();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Returns how many records it wrote, at least one. */
  #writeSlice(most: number, bytes: number, id: string): number {
    const until = performance.now() + LONGEST_LOG_SLICE_MS;
    let written = 0;
    this.log.together(() => {
      do this.log.sized(bytes, id);
      while (++written < most && performance.now() < until && this.#sink.buffered === 0);
    });
    return written;
  }

  /** `GET /crash` */
  crash(): void {
    process.kill(process.pid, "SIGKILL");
  }

  /** `GET /child`: a subprocess that outlives the request, and the worker too. */
  child(): void {
    spawn("sleep", [String(CHILD_SECONDS)], { stdio: "ignore" })
      .once("error", (error) => this.log.error("child", error.message))
      .unref();
  }

  /** `GET /events`: server-sent events until the client leaves or the server asks for the end. */
  async *events(query: Query): AsyncGenerator<string> {
    const ms = numberOf(query, "ms", 1000, 60_000);
    for (let index = 0; !this.closing.aborted; index++) {
      yield `id: ${index}\ndata: {"generation":${this.generation},"index":${index}}\n\n`;
      await sleep(ms, this.closing);
    }
    yield "event: end\ndata: closing\n\n";
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal?.addEventListener("abort", finish);
  });
}

const PIECE = Buffer.from("0123456789abcdef".repeat(4096));

function* pieces(length: number): Generator<Buffer> {
  // Every piece but the last is a multiple of the pattern's length, so each may begin at its start.
  for (let left = length; left > 0; left -= PIECE.length) yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE;
}

async function* streamChunks(chunks: number, ms: number): AsyncGenerator<string> {
  for (let index = 1; index <= chunks; index++) {
    if (index > 1) await sleep(ms);
    yield `chunk ${index} of ${chunks}\n`;
  }
}

function numberOf(query: Query, name: string, fallback: number, max: number): number {
  const text = query[name];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (typeof text === "string" && text !== "" && Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw new BadParameter(`${name}: expected an integer from 0 to ${max}`);
}

function gateOf(query: Query): string | undefined {
  const gate = query["gate"];
  if (gate === undefined) return undefined;
  if (typeof gate === "string" && /^[\w-][\w.-]*$/.test(gate)) return gate;
  throw new BadParameter("gate: expected a name of letters, digits, dots, dashes and underscores");
}
