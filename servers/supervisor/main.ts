import { parseArgs } from "node:util";
import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { loadStackFile } from "../stack-file/load.ts";
import { serveControl } from "./control/server.ts";
import { Journal, type Tell } from "./journal.ts";
import { Supervisor } from "./supervisor.ts";

const USAGE = "usage: supervisor/main.ts --config STACK.yaml [--check]";
const journal = new Journal("supervisor", "supervisor");
const tell: Tell = (level, event, msg, extra) => void process.stderr.write(journal.record(level, event, msg, extra));

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
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
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

/** Handlers stand before anything is started: a signal during the boot ends what was booted. */
async function run(configFile: string): Promise<void> {
  const end = Promise.withResolvers<NodeJS.Signals>();
  let running: Supervisor | undefined;
  for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) process.on(signal, () => end.resolve(signal));
  process.on("SIGHUP", () => void running?.reload().then(tellReload, tellRefusal));
  process.on(
    "SIGUSR1",
    () => void running?.reopenLogs().then(() => tell("info", "reopened", "log files are reopened")),
  );
  // The reader of our own log may go; the programs stay.
  process.stderr.on("error", () => undefined);

  await using supervisor = await Supervisor.open({ configFile, env: process.env, tell });
  await using _control = await serveControl(supervisor, () => end.resolve("SIGTERM"));
  running = supervisor;
  tell("info", "up", `supervisor of ${supervisor.configFile}`);
  await supervisor.start();
  const signal = await end.promise;
  running = undefined;
  tell("info", "stopping", `${signal}: all programs are stopped`);
  await supervisor.stop(signal === "SIGQUIT");
  tell("info", "down", "all programs have ended");
}

function tellReload(outcome: object): void {
  tell("info", "reload-done", "the stack file is in force", { outcome });
}

function tellRefusal(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  tell("error", "reload-refused", `the running configuration stays: ${reason}`);
}
