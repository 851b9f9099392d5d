import { enableCompileCache } from "node:module";
import type { MasterEvent } from "./state.ts";

/*
 * Entry of the prefork server:
 *   main.ts --config STACK.yaml --program NAME [--check]
 *   main.ts --app FILE --listen HOST:PORT [--workers N] [--strategy S] [--pid FILE] ... [--check]
 *
 * Signals: HUP reload, TERM graceful stop, INT and QUIT quick stop, TTIN and TTOU one worker more or less, USR1 does
 * nothing (there is no file to reopen). Exit status: 0 stopped as asked, 1 could not start or go on, 2 bad settings.
 */

const EVENTS: Partial<Record<NodeJS.Signals, MasterEvent>> = {
  SIGHUP: { kind: "reload" },
  SIGTERM: { kind: "stop", quick: false, status: 0 },
  SIGINT: { kind: "stop", quick: true, status: 0 },
  SIGQUIT: { kind: "stop", quick: true, status: 0 },
  SIGTTIN: { kind: "more" },
  SIGTTOU: { kind: "fewer" },
};

// Handlers stand before anything else is loaded: a signal sent to a server that still boots must not kill it. What
// comes early waits here.
const early: MasterEvent[] = [];
let post = (event: MasterEvent): void => void early.push(event);
for (const [signal, event] of Object.entries(EVENTS)) process.on(signal, () => post(event));
for (const signal of ["SIGUSR1", "SIGUSR2"] as const) process.on(signal, () => undefined);

enableCompileCache();
const { readArguments } = await import("./arguments.ts");
const { formatAddress } = await import("../stack-file/address.ts");
const { openListener } = await import("./listener.ts");
const { Master } = await import("./master.ts");
const { openOutputs } = await import("./outputs.ts");
const { claimPidFile } = await import("../pid-file/pid-file.ts");
const { readSettings, socketsOf } = await import("./settings.ts");

process.exitCode = await main();
// Descriptors of workers' children may hold the event loop; everything of ours is done.
process.exit();

async function main(): Promise<number> {
  const given = await refuse(2, async () => {
    const { source, check } = readArguments(process.argv.slice(2));
    return { source, check, settings: await readSettings(source, process.env) };
  });
  if (typeof given === "number") return given;
  const { source, check, settings } = given;
  if (check) return 0;
  using outputs = openOutputs(settings.program);
  const opened = await refuse(1, async () => {
    const listener = await openListener(settings.listen, settings.runDir, socketsOf(settings));
    return { listener, pidFile: settings.pidFile === undefined ? undefined : claimPidFile(settings.pidFile) };
  });
  if (typeof opened === "number") return opened;
  const { listener, pidFile } = opened;
  outputs.log.info("listening", formatAddress(listener.address));
  const master = new Master({ source, env: process.env, ...outputs }, settings, listener);
  master.post({ kind: "start" });
  post = (event) => master.post(event);
  for (const event of early) post(event);
  const status = await master.ended;
  pidFile?.remove();
  return status;
}

async function refuse<T>(status: number, attempt: () => Promise<T>): Promise<T | number> {
  try {
    return await attempt();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return status;
  }
}
