import { parseArgs } from "node:util";
import type { SettingsSource } from "./settings.ts";

const USAGE = "expected --config STACK.yaml --program NAME, or --app FILE --listen HOST:PORT";

/** Flags that stand for a key of the stack file's `prefork` section: `--boot-timeout-ms` for `bootTimeoutMs`. */
const SETTING_FLAGS = [
  "app",
  "listen",
  "backlog",
  "listeners",
  "workers",
  "strategy",
  "boot-timeout-ms",
  "graceful-timeout-ms",
  "worker-timeout-ms",
  "keep-alive-timeout-ms",
  "max-requests",
  "max-requests-jitter",
  "backoff-min-ms",
  "backoff-max-ms",
] as const;

/** @throws {Error} on a flag that is unknown or missing. */
export function readArguments(args: readonly string[]): { source: SettingsSource; check: boolean } {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: text,
      program: text,
      pid: text,
      check: { type: "boolean", default: false },
      ...Object.fromEntries(SETTING_FLAGS.map((flag) => [flag, text])),
    },
  });
  const { config, program, pid, check } = values;
  const prefork = Object.fromEntries(
    SETTING_FLAGS.flatMap((flag) => {
      const value = (values as Readonly<Record<string, unknown>>)[flag];
      return value === undefined ? [] : [[camelCase(flag), value]];
    }),
  );
  if (config !== undefined) {
    if (program === undefined || pid !== undefined || Object.keys(prefork).length > 0) throw new Error(USAGE);
    return { source: { kind: "stack-file", file: config, program }, check };
  }
  if (prefork["app"] === undefined || prefork["listen"] === undefined) throw new Error(USAGE);
  const source = { kind: "flags", program: program ?? "prefork", prefork } as const;
  return { source: pid === undefined ? source : { ...source, pidFile: pid }, check };
}

function camelCase(flag: string): string {
  return flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
