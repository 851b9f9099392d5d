import { enableCompileCache } from "node:module";
import { parseArgs } from "node:util";
import type { RecordLogger } from "../log-record/logger.ts";
import type { Proxy } from "./proxy.ts";
import type { ProxyConfig } from "./settings.ts";
import { SignalQueue } from "./signal-queue.ts";

/*
 * The reverse proxy as a process: `main.ts --config STACK.yaml --program NAME [--check]`.
 * Signals: TERM stops gracefully, INT and QUIT at once, HUP reads the file anew, USR1 reopens the access log.
 * Exit codes: 0 stopped or file sound, 1 could not start, 2 arguments or file wrong.
 */

const USAGE = "usage: main.ts --config STACK.yaml --program NAME [--check]\n";

// Before anything else is loaded: until there is a handler, HUP and USR1 end the process or start the debugger.
const signals = new SignalQueue(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1"]);

enableCompileCache();
const { ConfigFileError } = await import("../../config/positioned-yaml.ts");
const { LineSink, unblocked } = await import("../log-record/line-sink.ts");
const { createRecordLogger } = await import("../log-record/logger.ts");
const { claimPidFile } = await import("../pid-file/pid-file.ts");
const { Proxy: ReverseProxy } = await import("./proxy.ts");
const { loadProxyConfig } = await import("./settings.ts");

process.exitCode = await main();
signals[Symbol.dispose]();

async function main(): Promise<number> {
  const options = readOptions();
  if (!options) return 2;
  const { file, program, check } = options;
  let config: ProxyConfig;
  try {
    config = await loadProxyConfig(file, program, process.env);
  } catch (error) {
    if (!(error instanceof ConfigFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (check) return 0;
  const stderr = new LineSink({ fd: unblocked(2).fd });
  const logger = createRecordLogger({ app: program, generation: 0, sink: stderr });
  try {
    return await serve(file, config, logger);
  } catch (error) {
    logger.error("failed", error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    stderr.flush(1_000);
  }
}

function readOptions(): { file: string; program: string; check: boolean } | undefined {
  try {
    const { values } = parseArgs({
      options: { config: { type: "string" }, program: { type: "string" }, check: { type: "boolean", default: false } },
    });
    if (values.config !== undefined && values.program !== undefined) {
      return { file: values.config, program: values.program, check: values.check };
    }
    process.stderr.write(USAGE);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
  return undefined;
}

async function serve(file: string, config: ProxyConfig, logger: RecordLogger): Promise<number> {
  using proxy = await ReverseProxy.start(config);
  const pidFile = claimPidFile(config.pidFile);
  logger.info("ready", `serving on ${proxy.address}`);
  try {
    for (;;) {
      const signal = await signals.next();
      switch (signal) {
        case "SIGHUP":
          await reload(file, config.program, proxy, logger);
          break;
        case "SIGUSR1":
          reopen(proxy, logger);
          break;
        case "SIGTERM":
          await stop(proxy, logger);
          return 0;
        default:
          logger.info("stopped", `stopped at once by ${signal}`);
          return 0;
      }
    }
  } finally {
    pidFile.remove();
  }
}

async function reload(file: string, program: string, proxy: Proxy, logger: RecordLogger): Promise<void> {
  try {
    await proxy.apply(await loadProxyConfig(file, program, process.env));
    logger.info("reloaded", `took up ${file}, serving on ${proxy.address}`);
  } catch (error) {
    logger.error(
      "reload-refused",
      `kept the running configuration: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function reopen(proxy: Proxy, logger: RecordLogger): void {
  try {
    proxy.reopenLog();
    logger.info("reopened", "opened the access log anew");
  } catch (error) {
    logger.error(
      "reopen-failed",
      `kept the open access log: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** INT or QUIT in the middle of a graceful stop make it a quick one; other signals have no meaning any more. */
async function stop(proxy: Proxy, logger: RecordLogger): Promise<void> {
  logger.info("stopping", "accepting no more");
  const hurry = new AbortController();
  const stopping = proxy.stop(hurry.signal);
  void (async () => {
    let signal = await signals.next();
    while (signal !== "SIGINT" && signal !== "SIGQUIT") signal = await signals.next();
    hurry.abort();
  })();
  const { cut } = await stopping;
  if (cut > 0) logger.warn("cut", `${cut} connections were busy at the deadline and were cut`);
  logger.info("stopped", "stopped gracefully");
}
