import { access, writeFile } from "node:fs/promises";
import path from "node:path";
import { ConfigFileError, parseYaml } from "../../config/positioned-yaml.ts";
import { targetSchema } from "../targets/schema.ts";
import { EXIT } from "./exit-code.ts";
import { codeOf, UsageError, type CommandIo } from "./io.ts";
import { InterruptedError, type Prompt } from "./prompt.ts";
import { schemaReference } from "./schema-reference.ts";
import { splitCommand } from "./split-command.ts";
import { starterTargetFile } from "./starter-target-file.ts";

/** Answers to what has to be known of a server; each a flag of the same name. */
export interface InitAnswers {
  /** A command line, or {@link NOT_STARTED}. */
  readonly start?: string;
  readonly url?: string;
  /** A path, or `contract`. */
  readonly probe?: string;
  readonly header?: string;
  /** A signal, a command line or a URL. */
  readonly reload?: string;
  readonly log?: string;
  readonly workers?: string;
}

export interface InitOptions extends InitAnswers {
  readonly out: string;
  readonly force?: boolean;
}

export interface InitParts {
  readonly packageRoot: string;
  /** Somebody who can be asked for what no flag says; nobody where input or output is no terminal. */
  readonly prompt?: Prompt;
}

/** In place of a start command: the service runs already. In place of log files: it prints its log. */
const NOT_STARTED = "-";

/** Writes a commented target file to start from; never over an existing one unless told to. */
export async function init(options: InitOptions, io: CommandIo, { packageRoot, prompt }: InitParts): Promise<number> {
  const file = path.resolve(io.cwd, options.out);
  if (prompt && options.force !== true && (await exists(file))) throw taken(options.out);
  const schema = await schemaReference(file, packageRoot);
  const contentOf = (answers: InitAnswers): string => checked(contentFrom(options.out, schema, answers));
  let content: string;
  try {
    content = contentOf(prompt ? await asked(options, prompt, contentOf) : options);
  } catch (error) {
    if (error instanceof InterruptedError) return EXIT.interrupted;
    throw error;
  }
  try {
    await writeFile(file, content, { flag: options.force === true ? "w" : "wx" });
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "EEXIST") throw taken(options.out);
    throw new UsageError(`--out ${options.out}: can't be written (${code})`, { cause });
  }
  io.stdout.write(`wrote ${options.out}; next: npx hupspec run --target ${options.out} --dry-run\n`);
  return 0;
}

const QUESTIONS = [
  { key: "start", text: `Start command, in the foreground (${NOT_STARTED} for a service that runs already)` },
  { key: "url", text: "Where it answers (plain http)" },
  { key: "probe", text: "A path to ask for, or contract if it answers the probe contract" },
  { key: "header", text: "Header of its answers that names the release" },
  { key: "reload", text: "How it takes up a new release: a signal, a command or a URL to POST to" },
  { key: "log", text: `Its log files, with * for backups (${NOT_STARTED} if it logs to its standard error)` },
] as const;

/** Asks for what no flag says, once more where an answer is refused. */
async function asked(
  flags: InitOptions,
  prompt: Prompt,
  check: (answers: InitAnswers) => unknown,
): Promise<InitAnswers> {
  let answers: InitAnswers = flags;
  // A flag that is refused can't be mended by an answer.
  check(answers);
  for (const { key, text } of QUESTIONS) {
    const runsAlready = answers.start === NOT_STARTED;
    if (answers[key] !== undefined || (key === "log" && runsAlready)) continue;
    if (key === "header" && answers.probe === "contract") continue;
    for (;;) {
      const next = { ...answers, [key]: await prompt.ask(text, defaultOf(key, runsAlready)) };
      try {
        check(next);
        answers = next;
        break;
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        prompt.tell(error.message);
      }
    }
  }
  return answers;
}

function defaultOf(key: keyof InitAnswers, runsAlready: boolean): string {
  switch (key) {
    case "start":
      return "node server.js";
    case "url":
      return runsAlready ? "http://127.0.0.1:8080" : "http://127.0.0.1:${port}";
    case "probe":
      return "/";
    case "header":
      return "x-app-version";
    case "reload":
      return runsAlready ? "${targetDir}/deploy.sh ${generation}" : "HUP";
    case "log":
      return NOT_STARTED;
    case "workers":
      return "2";
    default:
      return key satisfies never;
  }
}

function contentFrom(out: string, schema: string, answers: InitAnswers): string {
  const runsAlready = answers.start === NOT_STARTED;
  const answer = (key: keyof InitAnswers): string => answers[key] ?? defaultOf(key, runsAlready);
  const probe = answer("probe");
  return starterTargetFile({
    schema,
    name: nameFrom(out),
    ...(!runsAlready && { start: splitCommand(answer("start"), "--start") }),
    url: answer("url"),
    probe: probe === "contract" ? probe : { path: probe, header: answer("header") },
    reload: reloadFrom(answer("reload")),
    ...(answer("log") !== NOT_STARTED && { log: answer("log") }),
    workers: answer("workers"),
  });
}

/** A value that the schema refuses is the user's to mend, before there is a file. @throws {UsageError} */
function checked(content: string): string {
  try {
    parseYaml(content, "target file", targetSchema);
    return content;
  } catch (cause) {
    if (!(cause instanceof ConfigFileError)) throw cause;
    const problems = cause.problems.map(({ key, message }) => `${key}: ${message}`);
    throw new UsageError(problems.join("; "), { cause });
  }
}

function taken(out: string): UsageError {
  return new UsageError(`--out ${out}: exists already, expected --force or another name`);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
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
