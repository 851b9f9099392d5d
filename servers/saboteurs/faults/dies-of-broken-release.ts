import { onChild } from "../children.ts";
import { entry } from "../entry.ts";

/* A worker that does not boot ends the master, and with it those that served: sound at the first start, ruinous at a reload. */
if (entry === "prefork-master") {
  onChild((child) => {
    child.once("exit", (code) => {
      if (code === 1) process.exit(3);
    });
  });
}
