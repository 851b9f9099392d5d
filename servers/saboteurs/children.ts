import childProcess, { type ChildProcess } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

/** Tells of every child that this process starts from now on, before anybody else has it. */
export function onChild(act: (child: ChildProcess) => void): void {
  const { spawn } = childProcess;
  childProcess.spawn = ((...given: Parameters<typeof spawn>) => {
    const child = spawn(...given);
    act(child);
    return child;
  }) as typeof spawn;
  syncBuiltinESMExports();
}
