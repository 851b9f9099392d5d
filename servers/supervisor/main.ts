import { enableCompileCache } from "node:module";
import { parseArgs } from "node:util";
import type { Tell } from "./journal.ts";
import type { Supervisor } from "./supervisor.ts";

// Handlers stand before anything else is loaded: a signal during the boot ends what was booted or is acted on later.
const end = Promise.withResolvers<NodeJS.Signals>();
const opened = Promise.withResolvers<Supervisor>();
for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) process.on(signal, () => end.resolve(signal));
process.on("SIGHUP", () => void opened.promise.then(reload));
process.on("SIGUSR1", () => void opened.promise.then(reopen));

enableCompileCache();
const { ConfigFileError } = await import("../../config/positioned-yaml.ts");
const { loadStackFile } = await import("../stack-file/load.ts");
const { serveControl } = await import("./control/server.ts");
const { Journal } = await import("./journal.ts");
const { Supervisor: Opened } = await import("./supervisor.ts");

const USAGE = "usage: supervisor/main.ts --config STACK.yaml [--check]";
const journal = new Journal("supervisor", "supervisor");
const tell: Tell = (level, event, msg, extra) => void process.stderr.write(journal.record(level, event, msg, extra));

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${reasonOf(error)}\n`);
  return error instanceof ConfigFileError ? 2 : 1;
});

async function main(args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if (!options) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  if (options.check) {
    await loadStackFile(options.config, process.env);
    process.stdout.write(`${options.config}: sound\n`);
    return 0;
  }
  await run(options.config);
  return 0;
}

function readArguments(args: readonly string[]): { config: string; check: boolean } | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: "string" }, check: { type: "boolean", default: false } },
    });
    return values.config === undefined ? undefined : { config: values.config, check: values.check };
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n`);
    return undefined;
  }
}

async function run(configFile: string): Promise<void> {
  // The reader of our own log may go; the programs stay.
  process.stderr.on("error", () => undefined);

  await using supervisor = await Opened.open({ configFile, env: process.env, tell });
  await using _control = await serveControl(supervisor, () => end.resolve("SIGTERM"));
  opened.resolve(supervisor);
  tell("info", "up", `supervisor of ${supervisor.configFile}`);
  await supervisor.start();
  const signal = await end.promise;
  tell("info", "stopping", `${signal}: all programs are stopped`);
  await supervisor.stop(signal === "SIGQUIT");
  tell("info", "down", "all programs have ended");
}

async function reload(supervisor: Supervisor): Promise<void> {
  try {
    tell("info", "reload-done", "the stack file is in force", { outcome: await supervisor.reload() });
  } catch (error) {
    tell("error", "reload-refused", `the running configuration stays: ${reasonOf(error)}`);
  }
}

async function reopen(supervisor: Supervisor): Promise<void> {
  try {
    await supervisor.reopenLogs();
    tell("info", "reopened", "log files are reopened");
  } catch (error) {
    tell("error", "reopen-failed", reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
