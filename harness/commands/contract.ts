import { ConfigFileError } from "../../config/positioned-yaml.ts";
import { answersContract, checkContract, type ContractLine } from "../contract/check-contract.ts";
import { findTarget, UnknownTargetError } from "../targets/catalogue.ts";
import { TargetBootError, TargetUnavailableError } from "../targets/errors.ts";
import type { TargetDefinition } from "../targets/target-definition.ts";
import { EXIT } from "./exit-code.ts";
import { isInterruption } from "./interruption.ts";
import { UsageError, type CommandIo } from "./io.ts";

export interface ContractOptions {
  /** Names of the catalogue or paths. */
  readonly target: readonly string[];
}

export interface ContractParts {
  readonly packageRoot: string;
  readonly signal: AbortSignal;
  /** Handed in by tests. */
  readonly check?: typeof checkContract;
}

/** Asks each target all of the probe contract and prints what is right and what is wrong, line by line. */
export async function contract(options: ContractOptions, io: CommandIo, parts: ContractParts): Promise<number> {
  // All of them before the first is booted: a slip of the pen is known at once.
  const definitions: TargetDefinition[] = [];
  for (const name of options.target) definitions.push(await find(name, io, parts));
  let code: number = EXIT.conformant;
  for (const definition of definitions) {
    const outcome = await checkOne(definition, io, parts);
    if (outcome === EXIT.interrupted) return outcome;
    // A contract that is broken is worse news than one that could not be asked for.
    if (code === EXIT.conformant || outcome === EXIT["not-conformant"]) code = outcome;
  }
  return code;
}

async function checkOne(
  definition: TargetDefinition,
  io: CommandIo,
  { signal, check = checkContract }: ContractParts,
): Promise<number> {
  io.stdout.write(`${definition.name}\n`);
  const severalSites = definition.sites.length > 1;
  const lines: ContractLine[] = [];
  try {
    for await (const line of check(definition, { runId: `contract-${process.pid}`, signal, env: io.env })) {
      lines.push(line);
      io.stdout.write(describe(line, severalSites));
    }
  } catch (error) {
    if (isInterruption(error, signal)) {
      io.stderr.write("hupspec: interrupted\n");
      return EXIT.interrupted;
    }
    if (!(error instanceof TargetBootError || error instanceof TargetUnavailableError)) throw error;
    io.stderr.write(`hupspec: ${error.message}\n`);
    return EXIT["did-not-boot"];
  }
  const count = (state: ContractLine["state"]): number => lines.filter((line) => line.state === state).length;
  const unclaimed = count("could-claim") + count("not-claimed");
  io.stdout.write(`  ${count("right")} right, ${count("wrong")} wrong, ${unclaimed} not claimed\n`);
  return count("wrong") === 0 ? EXIT.conformant : EXIT["not-conformant"];
}

const STATES: Readonly<Record<ContractLine["state"], (capability: string) => string>> = {
  right: () => "right",
  wrong: () => "WRONG",
  "not-claimed": (capability) => `not claimed (${capability})`,
  "not-judged": () => "not ready, be it as told or not",
  "could-claim": (capability) => `right, could claim ${capability}`,
};

const TITLE_WIDTH = 28;

function describe({ site, title, state, capability = "", wrongs }: ContractLine, severalSites: boolean): string {
  const name = severalSites && site !== "" ? `${site}: ${title}` : title;
  const details = wrongs.map(({ expected, got }) => `      expected ${expected}\n      got ${got}\n`);
  return `  ${name.padEnd(TITLE_WIDTH)}  ${STATES[state](capability)}\n${details.join("")}`;
}

async function find(name: string, io: CommandIo, { packageRoot }: ContractParts): Promise<TargetDefinition> {
  try {
    const definition = await findTarget(name, packageRoot, io.cwd);
    if (answersContract(definition)) return definition;
  } catch (cause) {
    if (cause instanceof ConfigFileError || cause instanceof UnknownTargetError) {
      throw new UsageError(cause.message, { cause });
    }
    throw cause;
  }
  throw new UsageError(
    `--target ${name}: expected a target whose own application answers the probe contract (probe: contract, no upstream)`,
  );
}
