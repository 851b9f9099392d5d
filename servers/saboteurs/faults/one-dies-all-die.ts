import type { ChildProcess } from "node:child_process";
import { onChild } from "../children.ts";
import { entry } from "../entry.ts";

/* A worker that was killed may have left anything behind in what the workers share: all of them are started anew. */
if (entry === "prefork-master") {
  const siblings = new Set<ChildProcess>();
  onChild((child) => {
    siblings.add(child);
    child.once("exit", (_code, signal) => {
      siblings.delete(child);
      if (signal === "SIGKILL") for (const sibling of siblings) sibling.kill("SIGKILL");
    });
  });
}
