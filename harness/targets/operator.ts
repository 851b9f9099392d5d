import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { LIMITS } from "../spec/limits.ts";
import type { ControlCall, ControlInterface } from "../spec/control.ts";
import { endRun } from "../process/end-run.ts";
import { startProcess } from "../process/managed-process.ts";
import type { ProcessTable } from "../process/process-table.ts";
import { describeFailure, type CommandResult } from "../process/run-command.ts";
import { performCall, type CallOutcome } from "./control-call.ts";
import { awaitReady, launch, startCommand, type LaunchParts } from "./launch.ts";
import { fill } from "./placeholders.ts";

export interface CallDetails {
  readonly program?: string;
  readonly verb?: string;
  readonly withinMs?: number;
}

/** What the one who operates a target does beside its actions. */
export interface Operator {
  /** As in the target file, placeholders included. */
  readonly control: ControlInterface | undefined;
  /** Addresses under which the control interface is reached. */
  endpoints(site: string): readonly string[];
  /** The file that names the site's main process, if one does. */
  pidFile(site: string): string | undefined;
  /** Ports that the target file asks for. */
  readonly ports: readonly number[];
  call(call: ControlCall, site: string, details: CallDetails, signal: AbortSignal): Promise<CallOutcome>;
  /** Runs the start command beside the target that runs; ends it where it has not ended in time. */
  startSecond(withinMs: number, signal: AbortSignal): Promise<CommandResult & { readonly command: string }>;
  /** Starts a target that was stopped once more, calls `whileUp`, and ends it. */
  startAnew(whileUp: (start: AnewStart) => Promise<void>, signal: AbortSignal): Promise<void>;
}

export interface AnewStart {
  readonly startedMs: number;
  /** Why it did not get ready, if so. */
  readonly reason: string | undefined;
  /** Its pid stood in the pid file when the target was started. */
  readonly bystander: { readonly pid: number; readonly ended?: string };
}

export interface OperatorParts extends LaunchParts {
  readonly table: ProcessTable;
  readonly run: (command: readonly string[], signal: AbortSignal, withinMs: number) => Promise<CommandResult>;
}

/** Longer than any run, for a process that is there to be left alone. */
const BYSTANDER_SECONDS = 3_600;

export function createOperator(parts: OperatorParts): Operator {
  const { definition, values, table, run, sites } = parts;
  const { control, main } = definition.settings;
  const pidFile = (site: string): string | undefined =>
    "pidfile" in main ? fill(main.pidfile, { ...values, site }) : undefined;
  return {
    control,
    endpoints: (site) => (control?.endpoints ?? []).map((endpoint) => fill(endpoint, { ...values, site })),
    pidFile,
    ports: [
      ...new Set([
        ...values.ports.values(),
        ...sites.flatMap(({ endpoints: { front, direct } }) =>
          [front, direct].flatMap((endpoint) => (endpoint && "port" in endpoint ? [endpoint.port] : [])),
        ),
      ]),
    ],
    call: (call, site, { withinMs = LIMITS.commandMs, ...details }, signal) =>
      performCall(call, {
        values: { ...values, site, ...details },
        run: (command) => run(command, signal, withinMs),
        withinMs,
        signal,
      }),
    async startSecond(withinMs, signal) {
      const command = startCommand(parts);
      return { command: command.join(" "), ...(await run(command, signal, withinMs)) };
    },
    async startAnew(whileUp, signal) {
      await using stranger = await startProcess({
        command: "sleep",
        args: [String(BYSTANDER_SECONDS)],
        cwd: "/",
        env: { PATH: parts.env["PATH"] },
        stdout: "captured",
        stderr: "captured",
      });
      // What a machine that lost power leaves behind: the file is there, and its number belongs to somebody else by now.
      for (const file of new Set(sites.map(({ name }) => pidFile(name)))) {
        if (file !== undefined) await plant(file, stranger.pid);
      }
      const startedMs = performance.now();
      try {
        await using again = await launch(parts);
        const reason = await awaitReady(parts, again, signal);
        await whileUp({
          startedMs,
          reason,
          get bystander() {
            const { pid, exit } = stranger;
            return { pid, ...(exit && { ended: describeFailure(exit) ?? "it exited with code 0" }) };
          },
        });
      } finally {
        await endRun(table);
      }
    },
  };
}

async function plant(file: string, pid: number): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${pid}\n`);
}
