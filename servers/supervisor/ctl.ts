import { enableCompileCache } from "node:module";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { ProgramFacts } from "./control/status-table.ts";

// A deploy script waits for every start of this program: later imports come from the cache, and what reads the stack file is
// loaded by those commands alone that need it.
enableCompileCache();
const { ask, askJson } = await import("./control/client.ts");
const { formatStatus } = await import("./control/status-table.ts");

const USAGE = `usage: hupspec stack [--config FILE] [--socket PATH] COMMAND

  up [--detach]        start the supervisor and its programs
  status [--json]      what is running
  pid NAME             the pid of one program, and nothing else
  reload [NAME]        HUP to a program, and its outcome (--wait MS: how long to wait for it), or re-read the stack file
  tail [-f] NAME       the end of a program's log (--bytes N), and what follows
  rotate [NAME]        put the log file away, of one program or of all
  reopen [NAME]        open the log files anew by their names
  signal NAME SIGNAL   send a signal
  start|restart NAME   start or restart one program
  stop [NAME]          stop one program, or the supervisor with all of them`;

/** From the end of the control socket to that of the process. */
const GONE_MS = 5_000;

class UsageError extends Error {}

interface Options {
  readonly config: string;
  readonly socket: string | undefined;
  readonly detach: boolean;
  readonly json: boolean;
  readonly follow: boolean;
  readonly bytes: string | undefined;
  readonly wait: string | undefined;
}

async function main(args: readonly string[]): Promise<number> {
  const { options, words, help } = readArguments(args);
  const [command, ...operands] = words;
  if (help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const handler = command !== undefined && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!handler) throw new UsageError(command === undefined ? USAGE : `unknown command "${command}"; see --help`);
  const [least, most] = handler.operands;
  if (operands.length < least || operands.length > most) {
    const expected = least === most ? `${least}` : `${least} to ${most}`;
    throw new UsageError(`${command} takes ${expected} operands, not ${operands.length}; see --help`);
  }
  return handler.run(options, operands);
}

function readArguments(args: readonly string[]): { options: Options; words: string[]; help: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: "string", default: path.join(import.meta.dirname, "..", "stack.yaml") },
        socket: { type: "string" },
        detach: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        follow: { type: "boolean", short: "f", default: false },
        bytes: { type: "string" },
        wait: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const { help, socket, bytes, wait, ...rest } = values;
    return { options: { ...rest, socket, bytes, wait }, words: positionals, help };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

interface Handler {
  readonly operands: readonly [least: number, most: number];
  run(options: Options, operands: readonly string[]): Promise<number>;
}

const COMMANDS: Readonly<Record<string, Handler>> = {
  up: {
    operands: [0, 0],
    run: async ({ config, detach }) => {
      const { upDetached, upInForeground } = await import("./up.ts");
      if (!detach) return upInForeground(config);
      process.stdout.write(`${await upDetached(config, process.env)}\n`);
      return 0;
    },
  },
  status: {
    operands: [0, 0],
    run: async (options) => {
      const answer = await askJson<{ programs: ProgramFacts[] }>(await socketOf(options), "GET", "/programs");
      process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : formatStatus(answer.programs));
      return 0;
    },
  },
  pid: {
    operands: [1, 1],
    run: async (options, [name = ""]) => {
      const { pid } = await askJson<{ pid: number }>(await socketOf(options), "GET", `${programPath(name)}/pid`);
      process.stdout.write(`${pid}\n`);
      return 0;
    },
  },
  reload: { operands: [0, 1], run: reload },
  tail: { operands: [1, 1], run: tail },
  rotate: { operands: [0, 1], run: post("rotate") },
  reopen: { operands: [0, 1], run: post("reopen") },
  start: { operands: [1, 1], run: post("start") },
  restart: { operands: [1, 1], run: post("restart") },
  stop: {
    operands: [0, 1],
    run: (options, operands) => (operands.length === 0 ? stopAll(options) : post("stop")(options, operands)),
  },
  signal: {
    operands: [2, 2],
    run: (options, [name = "", signal = ""]) => post(`signal?signal=${encodeURIComponent(signal)}`)(options, [name]),
  },
};

/** A verb that prints nothing when it went well. */
function post(verb: string): Handler["run"] {
  return async (options, [name]) => {
    await askJson(await socketOf(options), "POST", name === undefined ? `/${verb}` : `${programPath(name)}/${verb}`);
    return 0;
  };
}

async function reload(options: Options, [name]: readonly string[]): Promise<number> {
  const socket = await socketOf(options);
  if (name === undefined) {
    process.stdout.write(`${JSON.stringify(await askJson(socket, "POST", "/reload"))}\n`);
    return 0;
  }
  const wait = options.wait === undefined ? "" : `?wait=${encodeURIComponent(options.wait)}`;
  const { outcome } = await askJson<{ outcome: { result: string; msg?: string; reason?: string } }>(
    socket,
    "POST",
    `${programPath(name)}/reload${wait}`,
  );
  if (outcome.result === "failed" || outcome.result === "unknown") {
    throw new Error(`reload of ${name}: ${outcome.msg ?? outcome.reason ?? outcome.result}`);
  }
  if (outcome.msg !== undefined) process.stdout.write(`${outcome.msg}\n`);
  return 0;
}

async function tail(options: Options, [name = ""]: readonly string[]): Promise<number> {
  const query = new URLSearchParams();
  if (options.follow) query.set("follow", "1");
  if (options.bytes !== undefined) query.set("bytes", options.bytes);
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end.abort());
  process.stdout.on("error", () => end.abort());
  const answer = await ask(await socketOf(options), "GET", `${programPath(name)}/log?${query.toString()}`, end.signal);
  try {
    for await (const chunk of answer) {
      if (!process.stdout.write(chunk)) await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
    }
  } catch (error) {
    if (!end.signal.aborted) throw new Error(`the supervisor has gone`, { cause: error });
  }
  return 0;
}

/** Returns once the supervisor is gone: the answer goes on until it is, and its process follows. */
async function stopAll(options: Options): Promise<number> {
  const answer = await ask(await socketOf(options), "POST", "/shutdown");
  let text = "";
  try {
    for await (const chunk of answer.setEncoding("utf8")) text += String(chunk);
  } catch (error) {
    // Cut in the middle, as announced: the sign that was waited for.
    if ((error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
  }
  const { stopping } = JSON.parse(text) as { stopping: number };
  const deadline = performance.now() + GONE_MS;
  while (isAlive(stopping)) {
    if (performance.now() > deadline) throw new Error(`supervisor ${stopping} has closed its socket, but does not end`);
    await sleep(20);
  }
  return 0;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function socketOf({ socket, config }: Options): Promise<string> {
  if (socket !== undefined) return socket;
  const { loadStackFile } = await import("../stack-file/load.ts");
  return (await loadStackFile(config, process.env)).control.socket;
}

function programPath(name: string): string {
  return `/programs/${encodeURIComponent(name)}`;
}

// Last, because the table of commands has to exist by now.
process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`hupspec stack: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof UsageError || (error instanceof Error && error.name === "ConfigFileError") ? 2 : 1;
});
