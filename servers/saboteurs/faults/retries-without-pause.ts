import { onChild } from "../children.ts";
import { entry } from "../entry.ts";

/* A reload that failed is begun again at once, for the release may be good by now. */
if (entry === "prefork-master") {
  onChild((child) => {
    child.once("exit", (code) => {
      if (code === 1) setImmediate(() => process.kill(process.pid, "SIGHUP"));
    });
  });
}
