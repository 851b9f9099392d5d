import childProcess, { type ChildProcess } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { entry } from "../entry.ts";

/* Of all that the master asks to leave, the first one is forgotten: it goes on accepting, with the old code. */
if (entry === "prefork-master") {
  const spawn = childProcess.spawn;
  let forgotten = false;
  childProcess.spawn = ((...given: unknown[]) => {
    const child = Reflect.apply(spawn, childProcess, given) as ChildProcess;
    const send = child.send.bind(child) as (...given: unknown[]) => boolean;
    child.send = (message: { readonly kind?: string }, ...more: unknown[]): boolean => {
      if (message.kind !== "drain" || forgotten) return send(message, ...more);
      forgotten = true;
      return true;
    };
    return child;
  }) as typeof spawn;
  syncBuiltinESMExports();
}
