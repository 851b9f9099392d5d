import path from "node:path";
import type { ProgramSettings } from "../stack-file/schema.ts";

/** How a program is started: arguments, folder, environment. */
export interface Launch {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export type ProgramKind = "prefork" | "proxy" | "command";

export function kindOf(settings: ProgramSettings): ProgramKind {
  if (settings.prefork) return "prefork";
  return settings.proxy ? "proxy" : "command";
}

/** The servers of this package read their own section of the same stack file, by the program's name. */
export function launchOf(stackFile: string, name: string, settings: ProgramSettings): Launch {
  const folder = path.dirname(path.resolve(stackFile));
  const kind = kindOf(settings);
  const [file, ...args] = settings.command ?? [
    process.execPath,
    path.join(import.meta.dirname, "..", kind, "main.ts"),
    "--config",
    path.resolve(stackFile),
    "--program",
    name,
  ];
  return {
    command: [file ?? "", ...args],
    cwd: path.resolve(folder, settings.cwd ?? "."),
    env: withoutEmpty({ ...process.env, ...settings.env }, settings.env),
  };
}

/** A variable given as empty is taken away: `${NAME:-}` then means "as if not given". */
function withoutEmpty(env: NodeJS.ProcessEnv, given: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => given[name] !== ""));
}

/** What can't be taken up by a running process: such a change needs a restart. */
export function sameLaunch(a: Launch, b: Launch): boolean {
  return JSON.stringify([a.command, a.cwd, sorted(a.env)]) === JSON.stringify([b.command, b.cwd, sorted(b.env)]);
}

function sorted(env: NodeJS.ProcessEnv) {
  return Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
}
