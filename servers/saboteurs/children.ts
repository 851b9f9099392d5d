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

interface Order {
  readonly kind?: string;
}

/** Gives every child what `change` makes of the messages for it; undefined for none. */
export function changeOrders(change: (order: Order, child: ChildProcess) => Order | undefined): void {
  onChild((child) => {
    const send = child.send.bind(child) as (message: object, ...rest: unknown[]) => boolean;
    child.send = (order: Order, ...rest: unknown[]) => {
      const changed = change(order, child);
      return changed === undefined || send(changed, ...rest);
    };
  });
}
