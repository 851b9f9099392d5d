import { waitUntil } from "../../process/wait-until.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { BootedTarget } from "../../targets/booted-target.ts";
import { readLogLines } from "../log-lines.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

export interface Crash {
  readonly reply: Reply;
  /** Who took the request, by its record; all processes of the target where that did not come. */
  readonly suspects: readonly number[];
  /** One of them is no more. */
  readonly died: boolean;
}

/** The worker kills itself with SIGKILL. */
export const crash: ContractRoute<Crash> = {
  title: "GET /crash",
  async ask(asker) {
    const { target, site, signal } = asker;
    const before = alive(target);
    const reply = await asker.fresh({ method: "GET", path: "/crash" });
    let suspects: readonly number[] = [];
    const isKnown = async (): Promise<boolean> => {
      const takers = await takersOf(reply.id, target.logPatterns(site));
      suspects = takers.filter((pid) => before.has(pid));
      return suspects.length > 0;
    };
    if (!(await waitUntil(isKnown, LIMITS.askMs, signal))) suspects = [...before];
    const isDead = (): boolean => {
      const after = alive(target);
      return suspects.some((pid) => !after.has(pid));
    };
    return { reply, suspects, died: await waitUntil(isDead, LIMITS.askMs, signal) };
  },
  judge: ({ reply, suspects, died }) => [
    // What stands in front of the application may answer in its place.
    ...("answer" in reply && reply.answer.status < 500
      ? [{ expected: "no answer, for the worker kills itself", got: `status ${reply.answer.status}` }]
      : []),
    ...(died ? [] : [{ expected: "the worker to be gone", got: `${suspects.join(", ")} still there` }]),
  ],
};

/** No answer names the worker, but `received` is logged before the work. */
async function takersOf(id: string, patterns: readonly string[]): Promise<number[]> {
  const lines = await readLogLines(patterns);
  const received = lines.filter(({ fields }) => fields["event"] === "received" && fields["id"] === id);
  return received.flatMap(({ fields: { pid } }) => (typeof pid === "number" ? [pid] : []));
}

function alive(target: BootedTarget): Set<number> {
  return new Set(target.processes().flatMap(({ pid, state }) => (state === "Z" ? [] : [pid])));
}
