import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { kindOf } from "../launch.ts";
import type { Program } from "../program.ts";
import type { Supervisor } from "../supervisor.ts";
import { awaitReload } from "./reload-outcome.ts";
import type { Command, ProgramVerb } from "./routes.ts";

/** Can't be done as asked; `status` is the HTTP status of the answer. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Request {
  readonly query: URLSearchParams;
  /** Which programs the asking role may see. */
  readonly seen: (program: string) => boolean;
  readonly shutdown: () => void;
  readonly response: ServerResponse;
}

const SIGNALS: ReadonlySet<string> = new Set([
  "HUP",
  "INT",
  "QUIT",
  "TERM",
  "KILL",
  "USR1",
  "USR2",
  "TTIN",
  "TTOU",
  "WINCH",
  "CONT",
  "STOP",
]);
const TAIL_BYTES = 16 * 1024;
const MAX_TAIL_BYTES = 16 * 1024 ** 2;
const MAX_WAIT_MS = 300_000;
/** Beyond the time that a release may take to boot: for what may go on before it, and for old workers to hear of it. */
const OUTCOME_MARGIN_MS = 10_000;
/** A follower that reads more slowly than the program writes misses what goes beyond this. */
const FOLLOWER_BYTES = 8 * 1024 ** 2;

/** A program that came up again while all are stopped would be waited for without end, or left behind. */
const STARTING: ReadonlySet<Command["verb"]> = new Set(["start", "restart", "reload-config"]);

/** What was asked for has written the answer by itself. */
export const ANSWERED = "answered";

/** Does what a request asks for. */
export async function perform(
  supervisor: Supervisor,
  command: Command,
  request: Request,
): Promise<object | typeof ANSWERED> {
  if (supervisor.stopping && STARTING.has(command.verb)) throw new Refusal(503, "the supervisor is stopping");
  if ("program" in command) {
    const program = supervisor.program(command.program);
    if (!program) throw new Refusal(404, `no such program: ${command.program}`);
    return performOn(program, command.verb, request);
  }
  const names = () => supervisor.programs().map(({ name }) => name);
  switch (command.verb) {
    case "status":
      return {
        pid: process.pid,
        config: supervisor.configFile,
        started: supervisor.started,
        uptimeSeconds: Math.round(process.uptime()),
        programs: supervisor.programs().map(describe),
      };
    case "list":
      return {
        programs: supervisor
          .programs()
          .filter(({ name }) => request.seen(name))
          .map(({ facts }) => facts),
      };
    case "rotate-all":
      await Promise.all(supervisor.programs().map(({ capture }) => capture.log.rotate()));
      return { rotated: names() };
    case "reopen-all":
      await supervisor.reopenLogs();
      return { reopened: names() };
    case "reload-config":
      return supervisor.reload();
    case "shutdown":
      break;
  }
  // The answer goes on until the control socket closes, so that one can wait for the end.
  request.response.writeHead(200, { "content-type": "application/json", connection: "close" });
  request.response.write(`${JSON.stringify({ stopping: process.pid })}\n`);
  request.shutdown();
  return ANSWERED;
}

async function performOn(program: Program, verb: ProgramVerb, request: Request): Promise<object | typeof ANSWERED> {
  const { name } = program;
  switch (verb) {
    case "show":
      return describe(program);
    case "pid":
      return { pid: alive(program) };
    case "log":
      await sendLog(program, request);
      return ANSWERED;
    case "reload": {
      const waitMs = numberOf(request.query, "wait", outcomeWithinMs(program), MAX_WAIT_MS);
      const gone = new AbortController();
      // Else the wait would hold up the supervisor's own end.
      request.response.once("close", () => gone.abort());
      const outcome = awaitReload(program, waitMs, gone.signal);
      signal(program, "HUP");
      return { program: name, pid: program.pid, signal: "HUP", outcome: await outcome };
    }
    case "signal": {
      const wanted = (request.query.get("signal") ?? "").replace(/^SIG/, "");
      if (!SIGNALS.has(wanted)) {
        throw new Refusal(400, `expected a signal of ${[...SIGNALS].join(", ")}, not "${wanted}"`);
      }
      return { program: name, pid: signal(program, wanted), signal: wanted };
    }
    case "start":
      program.start();
      return program.facts;
    case "stop":
      await program.stop();
      return program.facts;
    case "restart":
      await program.restart();
      return program.facts;
    case "rotate":
      await program.capture.log.rotate();
      return { rotated: [name] };
    case "reopen":
      break;
  }
  await program.capture.log.reopen();
  return { reopened: [name] };
}

/** How long to wait for the outcome of a reload where nobody says; other programs than ours tell none. */
function outcomeWithinMs({ settings }: Program): number {
  if (kindOf(settings) !== "prefork" || !settings.prefork) return 0;
  return Math.min(MAX_WAIT_MS, settings.prefork.bootTimeoutMs + OUTCOME_MARGIN_MS);
}

function describe(program: Program): object {
  return { ...program.facts, log: program.capture.log.facts };
}

function alive(program: Program): number {
  const { pid, state } = program;
  if (pid === undefined) throw new Refusal(409, `${program.name} has no process (${state.kind})`);
  return pid;
}

function signal(program: Program, name: string): number {
  const pid = alive(program);
  if (!program.signal(`SIG${name}` as NodeJS.Signals)) throw new Refusal(409, `${program.name} has just ended`);
  return pid;
}

/** The end of the log, then, with `follow=1`, all that comes, until the client goes. */
async function sendLog(program: Program, { query, response }: Request): Promise<void> {
  const bytes = numberOf(query, "bytes", TAIL_BYTES, MAX_TAIL_BYTES);
  const follow = query.get("follow") === "1";
  const { log } = program.capture;
  response.writeHead(200, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  if (!follow) {
    response.end(await log.tail(bytes));
    return;
  }
  // What is written between the snapshot and its sending waits for its turn.
  let early: Buffer[] | undefined = [];
  let skippedBytes = 0;
  const send = (run: readonly Buffer[]) => {
    for (const records of run) {
      if (early) early.push(records);
      else if (response.writableLength > FOLLOWER_BYTES) skippedBytes += records.length;
      else {
        if (skippedBytes > 0) response.write(`... ${skippedBytes} bytes are left out here: the reader is too slow\n`);
        skippedBytes = 0;
        response.write(records);
      }
    }
  };
  const gone = once(response, "close");
  try {
    response.flushHeaders();
    response.write(await log.tail(bytes, send));
    for (const records of early) response.write(records);
    early = undefined;
    await gone;
  } finally {
    log.unfollow(send);
  }
}

function numberOf(query: URLSearchParams, key: string, fallback: number, max: number): number {
  const text = query.get(key);
  if (text === null) return fallback;
  if (!/^\d{1,12}$/.test(text) || Number(text) > max) {
    throw new Refusal(400, `expected ${key} to be a whole number up to ${max}, not "${text}"`);
  }
  return Number(text);
}
