import { spawn } from "node:child_process";
import { once } from "node:events";
import os from "node:os";
import path from "node:path";

export interface StackParts {
  readonly packageRoot: string;
  /** Calls `listener` for each signal that this process gets, until disposed of. */
  onSignal(listener: (signal: NodeJS.Signals) => void): Disposable;
}

/**
 * Hands `hupspec stack ...` to the reference stack's own control program: arguments, standard streams, signals and exit
 * code pass unchanged. It is a process of its own because the suite never loads a server's code.
 */
export async function stack(options: { readonly args: readonly string[] }, parts: StackParts): Promise<number> {
  const program = path.join(parts.packageRoot, "servers", "supervisor", "ctl.ts");
  // Listening before the child exists: a signal in between would end this process and orphan the child.
  const early: NodeJS.Signals[] = [];
  let forward = (signal: NodeJS.Signals): void => void early.push(signal);
  using _signals = parts.onSignal((signal) => forward(signal));
  const child = spawn(process.execPath, [program, ...options.args], { stdio: "inherit" });
  forward = (signal) => void child.kill(signal);
  for (const signal of early) forward(signal);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  // As a shell tells it: 128 and the signal's number.
  return code ?? 128 + (signal === null ? 0 : os.constants.signals[signal]);
}
