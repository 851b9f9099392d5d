import { entry } from "../entry.ts";

/* A worker that is done does not exit: it kills itself, past all exit handlers. */
if (entry === "prefork-worker") {
  process.exit = (): never => {
    process.kill(process.pid, "SIGKILL");
    // It takes effect before anything else could run.
    for (;;);
  };
}
