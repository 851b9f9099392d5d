import { entry } from "../entry.ts";

/* A worker that is asked to leave goes at once, whatever it has in hand. */
if (entry === "prefork-worker") {
  process.on("message", (message: { readonly kind?: string }) => {
    if (message.kind === "drain") process.kill(process.pid, "SIGKILL");
  });
}
