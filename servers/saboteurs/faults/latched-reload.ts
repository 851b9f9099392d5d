import { onChild } from "../children.ts";
import { entry } from "../entry.ts";

/* A flag says that a reload goes on, and only its success takes it down: after one that failed, no other begins. */
if (entry === "prefork-master") {
  let goesOn = false;
  const listen = process.on.bind(process) as (event: string, listener: (...given: unknown[]) => void) => typeof process;
  process.on = ((event: string, listener: (...given: unknown[]) => void) =>
    listen(event, (...given) => {
      if (event === "SIGHUP" && goesOn) return;
      goesOn ||= event === "SIGHUP";
      listener(...given);
    })) as typeof process.on;
  onChild((child) => {
    const send = child.send.bind(child) as (message: unknown, ...rest: unknown[]) => boolean;
    // Old workers are sent away when the new ones are ready.
    child.send = (message: unknown, ...rest: unknown[]) => {
      if ((message as { readonly kind: string }).kind === "drain") goesOn = false;
      return send(message, ...rest);
    };
  });
}
