import { entry } from "../entry.ts";

/* Only the process that was started is signalled; what it has started is its own affair. */
if (entry === "supervisor") {
  const kill = process.kill.bind(process);
  process.kill = (pid, signal) => {
    if (pid < 0) throw Object.assign(new Error("kill ESRCH"), { code: "ESRCH" });
    return kill(pid, signal);
  };
}
