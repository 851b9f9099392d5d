import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { copyTruncate, isTooLarge } from "./copy-truncate.ts";

/*
 * A prefork master whose standard error goes straight to a file, and a rotation of that file from outside of which the
 * master is never told.
 *   main.ts --log FILE --max-bytes N --backups N -- ARGUMENTS OF THE MASTER
 *
 * Signals are handed on to the master. Exit status: the master's (1 if a signal ended it), 1 if the log can't be
 * rotated, 2 bad arguments.
 */

const MASTER = path.resolve(import.meta.dirname, "../../prefork/main.ts");
const USAGE = "expected --log FILE --max-bytes N --backups N -- ARGUMENTS OF THE MASTER";
/** Between two looks at the size of the log. */
const LOOK_EVERY_MS = 10;
const FORWARDED = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGTTIN", "SIGTTOU"] as const;

// Handlers stand before there is a master: a signal that comes early must neither be lost nor leave an orphan.
const early: NodeJS.Signals[] = [];
let forward = (signal: NodeJS.Signals): void => void early.push(signal);
for (const signal of FORWARDED) process.on(signal, () => forward(signal));

process.exitCode = await main();

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  if (given === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const master = startMaster(given.log, given.masterArguments);
  const ended = new AbortController();
  const status = statusOf(master).finally(() => ended.abort());
  forward = (signal) => void master.kill(signal);
  for (const signal of early) forward(signal);
  try {
    await rotateUntil(ended.signal, given);
    return await status;
  } catch (error) {
    process.stderr.write(`${given.log} can't be rotated: ${(error as Error).message}\n`);
    master.kill("SIGTERM");
    await status;
    return 1;
  }
}

interface Arguments {
  readonly log: string;
  readonly maxBytes: number;
  readonly backups: number;
  readonly masterArguments: readonly string[];
}

function readArguments(args: readonly string[]): Arguments | undefined {
  const end = args.indexOf("--");
  const text = { type: "string", default: "" } as const;
  const { values } = parseArgs({
    args: args.slice(0, end === -1 ? args.length : end),
    options: { log: text, "max-bytes": text, backups: text },
  });
  const [maxBytes, backups] = [Number(values["max-bytes"]), Number(values.backups)];
  if (end === -1 || values.log === "" || !(maxBytes > 0) || !(backups > 0)) return undefined;
  return { log: values.log, maxBytes, backups, masterArguments: args.slice(end + 1) };
}

function startMaster(log: string, args: readonly string[]): ChildProcess {
  mkdirSync(path.dirname(log), { recursive: true });
  // Appending: after a truncation the master's next write goes to the new end, not to where it had come.
  const stderr = openSync(log, "a");
  const master = spawn(process.execPath, [MASTER, ...args], { stdio: ["ignore", "inherit", stderr] });
  closeSync(stderr);
  return master;
}

function statusOf(master: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    master.once("exit", (code) => resolve(code ?? 1));
    master.on("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      if (master.pid === undefined) resolve(1);
    });
  });
}

async function rotateUntil(ended: AbortSignal, { log, maxBytes, backups }: Arguments): Promise<void> {
  while (!ended.aborted) {
    if (await isTooLarge(log, maxBytes)) await copyTruncate(log, backups);
    else await delay(LOOK_EVERY_MS);
  }
}
