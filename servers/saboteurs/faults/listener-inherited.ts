import childProcess, { type ChildProcess, type SpawnOptions } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

/* The listener is not marked to be closed when a worker starts another program. */
const LISTENER = 3;

if (entry === "prefork-worker") {
  const spawn = childProcess.spawn as Spawn;
  const spawnWithListener: Spawn = (command, args, options) =>
    spawn(command, args, { ...options, stdio: ["ignore", "ignore", "ignore", LISTENER] });
  Reflect.set(childProcess, "spawn", spawnWithListener);
  syncBuiltinESMExports();
}
