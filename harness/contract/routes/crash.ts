import { waitUntil } from "../../process/wait-until.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { BootedTarget } from "../../targets/booted-target.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

export interface Crash {
  readonly reply: Reply;
  /** A process of the target is no more. */
  readonly died: boolean;
}

/** The worker kills itself with SIGKILL. */
export const crash: ContractRoute<Crash> = {
  title: "GET /crash",
  async ask(asker) {
    const { target, signal } = asker;
    const before = alive(target);
    const reply = await asker.fresh({ method: "GET", path: "/crash" });
    const isDead = (): boolean => {
      const after = alive(target);
      return [...before].some((pid) => !after.has(pid));
    };
    return { reply, died: await waitUntil(isDead, LIMITS.askMs, signal) };
  },
  judge: ({ reply, died }) => [
    // What stands in front of the application may answer in its place.
    ...("answer" in reply && reply.answer.status < 500
      ? [{ expected: "no answer, for the worker kills itself", got: `status ${reply.answer.status}` }]
      : []),
    ...(died ? [] : [{ expected: "the worker to be gone", got: "all processes are still there" }]),
  ],
};

function alive(target: BootedTarget): Set<number> {
  return new Set(target.processes().flatMap(({ pid, state }) => (state === "Z" ? [] : [pid])));
}
