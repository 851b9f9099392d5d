import { entry } from "../entry.ts";

/* A worker that has served its share of requests does not wait to be replaced: it leaves at once, with what it has in hand. */
if (entry === "prefork-worker" && process.send) {
  const send = process.send.bind(process) as (...given: unknown[]) => boolean;
  process.send = (message: { readonly kind?: string }, ...more: unknown[]): boolean => {
    if (message.kind === "retire") process.kill(process.pid, "SIGKILL");
    return send(message, ...more);
  };
}
