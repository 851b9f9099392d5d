import { writeFile } from "node:fs/promises";
import path from "node:path";
import { ConfigFileError, parseYaml } from "../../config/positioned-yaml.ts";
import { targetSchema } from "../targets/schema.ts";
import { codeOf, UsageError, type CommandIo } from "./io.ts";
import { splitCommand } from "./split-command.ts";
import { starterTargetFile } from "./starter-target-file.ts";

export interface InitOptions {
  readonly start?: string;
  readonly url?: string;
  readonly reload?: string;
  readonly log?: string;
  readonly out: string;
  readonly force?: boolean;
}

/** Writes a commented target file to start from; never over an existing one unless told to. */
export async function init(options: InitOptions, io: CommandIo): Promise<number> {
  const content = starterTargetFile({
    name: nameFrom(options.out),
    start: splitCommand(options.start ?? "node server.js", "--start"),
    url: options.url ?? "http://127.0.0.1:${port}",
    reload: reloadFrom(options.reload ?? "HUP"),
    ...(options.log !== undefined && { log: options.log }),
  });
  reject(content);
  const file = path.resolve(io.cwd, options.out);
  try {
    await writeFile(file, content, { flag: options.force === true ? "w" : "wx" });
  } catch (cause) {
    const code = codeOf(cause);
    const expected =
      code === "EEXIST" ? "exists already, expected --force or another name" : `can't be written (${code})`;
    throw new UsageError(`--out ${options.out}: ${expected}`, { cause });
  }
  io.stdout.write(`wrote ${options.out}; next: npx hupspec run --target ${options.out}\n`);
  return 0;
}

/** A value from the command line that the schema refuses is the user's to mend, before there is a file. */
function reject(content: string): void {
  try {
    parseYaml(content, "target file", targetSchema);
  } catch (cause) {
    if (!(cause instanceof ConfigFileError)) throw cause;
    const problems = cause.problems.map(({ key, message }) => `${key}: ${message}`);
    throw new UsageError(problems.join("; "), { cause });
  }
}

/** `my_App.target.yaml` names the target `my-app`. */
function nameFrom(file: string): string {
  const base = path.basename(file).replace(/(\.target)?\.ya?ml$/i, "");
  const name = base
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? "my-server" : name;
}

/** `HUP`, `http://.../reload`, or a command. */
function reloadFrom(text: string): object {
  const signal = /^(?:SIG)?([A-Z]+[0-9]?)$/.exec(text)?.[1];
  if (signal !== undefined) return { signal };
  if (text.startsWith("http://")) return { http: { method: "POST", url: text } };
  return { command: splitCommand(text, "--reload") };
}
