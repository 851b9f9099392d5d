import { readFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { Command, CommanderError, Option } from "commander";
import { EXIT } from "./commands/exit-code.ts";
import { UsageError, type CommandIo } from "./commands/io.ts";
import { REPORT_FORMATS, type ReportOptions } from "./commands/report-formats.ts";
import type { ContractOptions } from "./commands/contract.ts";
import type { InitOptions } from "./commands/init.ts";
import type { MatrixOptions } from "./commands/matrix.ts";
import type { RunOptions } from "./commands/run.ts";

/*
 * The command line: reads argv, hands over to a command, exits with its code. A command is imported when it is called
 * for, so that `--help` does not wait for the engine to load.
 */

const packageRoot = path.resolve(import.meta.dirname, "..");

const io: CommandIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  isTTY: process.stdout.isTTY && process.stderr.isTTY,
  env: process.env,
  cwd: process.cwd(),
};

// Whoever reads us may go early, as `head` does; the exit code still tells the verdict.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const exitCode = await main(process.argv.slice(2));
await Promise.all([written(process.stdout), written(process.stderr)]);
// Explicitly: what a server under test left open must not keep this process alive.
process.exit(exitCode);

async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.conformant;
  try {
    const program = await build((result) => {
      code = result;
    });
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.conformant : EXIT.usage;
    if (error instanceof UsageError) {
      process.stderr.write(`hupspec: ${error.message}\n`);
      return EXIT.usage;
    }
    // A crash of ours is neither conformance nor the target's failure.
    process.stderr.write(`hupspec: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.inconclusive;
  }
}

/** A write to a pipe may still wait for its reader, and an exit would drop it. Of a reader that went there is nothing to wait for. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

async function build(done: (code: number) => void): Promise<Command> {
  const program = new Command("hupspec")
    .description("conformance suite and benchmark for graceful reload")
    .version(await version())
    .exitOverride()
    // One line: the suggestion that commander puts on a second one is joined to the first.
    .configureOutput({
      outputError: (text, write) =>
        write(
          `hupspec: ${text
            .trim()
            .replace(/^error: /, "")
            .replace(/\s*\n\s*/g, " ")}\n`,
        ),
    })
    // So that what follows `stack` is left to the stack's own control program.
    .enablePositionalOptions();

  addRun(program, done);
  addMatrix(program, done);
  addContract(program, done);
  program
    .command("targets")
    .description("list the targets that come with the package, and what they lack here")
    .action(async () => done(await (await import("./commands/targets.ts")).targets({ packageRoot }, io)));
  program
    .command("requirements")
    .description("list the rules")
    .option("--group <group>", "only those of one group, such as availability")
    .option("--json", "as JSON")
    .action(async (options: { group?: string; json?: boolean }) => {
      const { scenarios } = await import("../scenarios/index.ts");
      done(await (await import("./commands/requirements.ts")).requirements(options, io, scenarios));
    });
  addInit(program, done);
  program
    .command("report")
    .description("render the report.json of a finished run")
    .argument("<file>", "a report.json")
    .addOption(new Option("--format <format>", "rendering").choices(REPORT_FORMATS).default("table"))
    .action(async (file: string, options: Omit<ReportOptions, "file">) =>
      done(await (await import("./commands/report.ts")).report({ file, ...options }, io)),
    );
  program
    .command("stack")
    .description("the reference stack by hand: up, status, pid, reload, tail, rotate, signal, reopen, stop")
    .argument("[args...]")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: readonly string[]) =>
      done(await (await import("./commands/stack.ts")).stack({ args }, { packageRoot, onSignal })),
    );
  return program;
}

function addRun(program: Command, done: (code: number) => void): void {
  program
    .command("run")
    .description(
      "run the suite against servers; exit code 0 conformant, 1 a MUST failed, 2 usage, 3 no boot, 4 inconclusive",
    )
    .option("--target <name|file>", "a target of the catalogue or a target file; may be repeated", collect, [])
    .option("--only <glob>", "only what matches: scenario, rule or target/site/scenario; may be repeated", collect, [])
    .option("--env <name=value>", "added to the environment of the targets; may be repeated", collect, [])
    .option("--thorough", "take up to half an hour: more trials, every scenario on every site")
    .option("--dry-run", "print what would be started, sent and checked; start nothing")
    .option("--json <file>", "a further copy of report.json; - for standard output")
    .option("--out <dir>", "folder for the reports of runs", path.join("reports", "out"))
    .action(async (options: RunOptions) => {
      // Handlers first: an interruption while the engine loads is one as well.
      using interrupted = interruption();
      const [{ run }, engine, { scenarios }] = await Promise.all([
        import("./commands/run.ts"),
        import("./suite.ts"),
        import("../scenarios/index.ts"),
      ]);
      const { openSuite, runSuite } = engine;
      const { signal } = interrupted;
      const parts = { packageRoot, hupspecVersion: await version(), scenarios, openSuite, signal };
      if (options.dryRun) done(await (await import("./commands/dry-run.ts")).dryRun(options, io, parts));
      else done(await run(options, io, { ...parts, runSuite }));
    });
}

function addMatrix(program: Command, done: (code: number) => void): void {
  program
    .command("matrix")
    .description(
      "judge targets one after the other and put them side by side; goes on where it stopped; exit codes as of run, 2 too if a target is not installed",
    )
    .option("--targets <name...>", "all of the catalogue, those installed, or names and target files", ["all"])
    .option("--only <glob>", "only what matches, as for run: needs a folder of its own; may be repeated", collect, [])
    .option("--thorough", "more trials, every scenario on every site")
    .option("--fresh", "forget what was judged of these targets before")
    .option("--render", "judge nothing: renew the pages from the runs that there are")
    .option("--out <dir>", "folder of the matrix (default: reports/published)")
    .option("--readme [file]", "renew the digest in README.md, or in the file named")
    .action(async (options: MatrixOptions) => {
      using interrupted = interruption();
      const [{ matrix }, engine, { scenarios }] = await Promise.all([
        import("./commands/matrix.ts"),
        import("./suite.ts"),
        import("../scenarios/index.ts"),
      ]);
      const { openSuite, runSuite } = engine;
      const { signal } = interrupted;
      const hupspecVersion = await version();
      done(await matrix(options, io, { packageRoot, hupspecVersion, scenarios, openSuite, runSuite, signal }));
    });
}

function addContract(program: Command, done: (code: number) => void): void {
  program
    .command("contract")
    .description(
      "ask applications all of the probe contract, without a reload; exit code 0 right, 1 wrong, 2 usage, 3 no boot",
    )
    .requiredOption("--target <name|file>", "a target of the catalogue or a target file; may be repeated", collect)
    .action(async (options: ContractOptions) => {
      using interrupted = interruption();
      const { contract } = await import("./commands/contract.ts");
      done(await contract(options, io, { packageRoot, signal: interrupted.signal }));
    });
}

function addInit(program: Command, done: (code: number) => void): void {
  program
    .command("init")
    .description("write a commented target file to start from; on a terminal asks for what no option says")
    .option("--start <command>", "how the server is started; - for a service that runs already")
    .option("--url <url>", "where it answers; ${port} is a free port")
    .option("--probe <path>", "the path to ask for, or contract")
    .option("--header <name>", "the header of its answers that names the release")
    .option("--reload <signal|command|url>", "how it is told to reload")
    .option("--log <pattern>", "its log files")
    .option("--workers <number>", "how many processes answer")
    .option("--out <file>", "the file to write", "hupspec.target.yaml")
    .option("--force", "overwrite the file")
    .action(async (options: InitOptions) => {
      const [{ init }, { terminalPrompt }] = await Promise.all([
        import("./commands/init.ts"),
        import("./commands/prompt.ts"),
      ]);
      if (!process.stdin.isTTY || !process.stdout.isTTY) {
        done(await init(options, io, { packageRoot }));
        return;
      }
      using prompt = terminalPrompt(process.stdin, process.stdout);
      done(await init(options, io, { packageRoot, prompt }));
    });
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(packageRoot, "package.json"), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "";
}

/** The first signal aborts the run, which then ends what it started; a second one does not wait for that. */
function interruption(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const listening = listen(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort(new Error(`interrupted by ${signal}`));
  });
  return { signal: controller.signal, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

function onSignal(listener: (signal: NodeJS.Signals) => void): Disposable {
  return listen(["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"], (signal) => {
    // A terminal sends its signals to the child as well; a second copy would count as impatience there.
    if (process.stdin.isTTY && (signal === "SIGINT" || signal === "SIGQUIT")) return;
    listener(signal);
  });
}

function listen(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): Disposable {
  for (const signal of signals) process.on(signal, listener);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}
