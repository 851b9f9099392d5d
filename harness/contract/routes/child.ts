import { waitUntil } from "../../process/wait-until.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { BootedTarget } from "../../targets/booted-target.ts";
import { judgeIdentity, judgeReplies } from "../judge-answers.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

export interface WithChild {
  readonly reply: Reply;
  /** A `sleep` is there that was not before. */
  readonly started: boolean;
}

/** Starts a long `sleep` as a subprocess, then answers like `/`. */
export const child: ContractRoute<WithChild> = {
  title: "GET /child",
  capability: "subprocess",
  async ask(asker) {
    const { target, signal } = asker;
    const before = sleepers(target);
    const reply = await asker.fresh({ method: "GET", path: "/child" });
    const isStarted = (): boolean => [...sleepers(target)].some((pid) => !before.has(pid));
    return { reply, started: await waitUntil(isStarted, LIMITS.askMs, signal) };
  },
  judge: ({ reply, started }, facts) => [
    ...judgeReplies([reply], facts, judgeIdentity),
    ...(started ? [] : [{ expected: "a process `sleep` of the target's", got: "none" }]),
  ],
};

function sleepers(target: BootedTarget): Set<number> {
  const isSleeper = /(^|[\s/])sleep\s+\d/;
  return new Set(target.processes().flatMap(({ pid, command }) => (isSleeper.test(command) ? [pid] : [])));
}
