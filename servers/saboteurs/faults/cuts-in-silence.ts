import { entry } from "../entry.ts";

/* What a worker breaks off at the deadline of its drain it tells nobody. */
if (entry === "prefork-worker") {
  const send = process.send?.bind(process) as ((message: { kind?: string }, ...rest: unknown[]) => boolean) | undefined;
  process.send = ((message: { kind?: string }, ...rest: unknown[]) =>
    message.kind === "cut" || send?.(message, ...rest) === true) as NonNullable<typeof process.send>;
}
