import { realpath } from "node:fs/promises";
import path from "node:path";
import { loadStackFile } from "../stack-file/load.ts";
import { stackSchema, type PreforkSettings } from "../stack-file/schema.ts";

/** Where the settings come from, so that a reload can read them again. */
export type SettingsSource =
  | { readonly kind: "stack-file"; readonly file: string; readonly program: string }
  | {
      readonly kind: "flags";
      readonly program: string;
      readonly prefork: Readonly<Record<string, unknown>>;
      readonly pidFile?: string;
    };

export interface MasterSettings extends PreforkSettings {
  readonly program: string;
  /** Absolute; absent for none. */
  readonly pidFile?: string;
  /** Folder from which a relative socket path is seen. */
  readonly runDir: string;
  /**
   * Environment of the workers. `HUPSPEC_RELEASE` is resolved when the settings are read: the link may be flipped at any
   * time, and a worker replaced afterwards must not bring the next release in before it is asked for.
   */
  readonly env: NodeJS.ProcessEnv;
}

/** @throws {Error} saying what is wrong, with file, line and column where there is a file. */
export async function readSettings(source: SettingsSource, env: NodeJS.ProcessEnv): Promise<MasterSettings> {
  const { program } = source;
  const workerEnv = await withResolvedRelease(env);
  if (source.kind === "stack-file") {
    const stack = await loadStackFile(source.file, env);
    const prefork = stack.programs[program]?.prefork;
    if (!prefork) throw new Error(`${source.file}: expected a program "${program}" with a "prefork" section`);
    const pidFile = path.join(stack.runDir, `${program}.pid`);
    return { ...prefork, program, pidFile, runDir: stack.runDir, env: workerEnv };
  }
  const parsed = stackSchema.safeParse({ programs: { [program]: { prefork: source.prefork } } });
  const prefork = parsed.data?.programs[program]?.prefork;
  if (!prefork) {
    const problems = parsed.error?.issues.map((issue) => `${issue.path.slice(3).join(".")}: ${issue.message}`) ?? [];
    throw new Error(problems.join("\n"));
  }
  const runDir = process.cwd();
  return {
    ...prefork,
    app: path.resolve(runDir, prefork.app),
    program,
    runDir,
    env: workerEnv,
    ...(source.pidFile !== undefined && { pidFile: path.resolve(runDir, source.pidFile) }),
  };
}

/** How many sockets its address is bound with. */
export function socketsOf({ listeners, workers }: PreforkSettings): number {
  return listeners === "per-worker" ? workers : 1;
}

async function withResolvedRelease(env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const release = env["HUPSPEC_RELEASE"];
  if (release === undefined) return env;
  return { ...env, HUPSPEC_RELEASE: await realpath(release) };
}
