import { LIMITS } from "../../spec/limits.ts";
import { judgeIdentity, judgeReplies } from "../judge-answers.ts";
import type { Reply, Wrong } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

const ALONE_MS = 300;
/** A clock that counts whole milliseconds may be one short. */
const LEAST_ALONE_MS = ALONE_MS - 10;

export interface Held {
  readonly entered: boolean;
  readonly answeredBeforeOpen: boolean;
  /** What else was asked meanwhile, if a worker was free for it. */
  readonly meanwhile: readonly Reply[];
  readonly opened: Reply;
  /** Nobody opened the gate of this one. */
  readonly alone: Reply;
}

/** Creates `G.entered`, then answers like `/` once `G.open` exists or N ms have passed; others are served meanwhile. */
export const hold: ContractRoute<Held> = {
  title: "GET /hold",
  async ask(asker) {
    const { target, signal, site } = asker;
    const name = `contract-${site}`;
    const gate = target.gate(name);
    let answered = false;
    const held = asker.fresh({ method: "GET", path: `/hold?gate=${name}&ms=${LIMITS.holdMs}` });
    const over = held.then(() => (answered = true));
    const entered = await Promise.race([gate.entered(signal, LIMITS.askMs), over.then(() => gate.entered(signal, 0))]);
    const meanwhile: Reply[] = [];
    const { concurrency = Number.POSITIVE_INFINITY, workers } = target.facts(site);
    // Enough of them for one to come to the worker that holds the other.
    for (let left = concurrency > 1 && !answered ? 2 * workers + 2 : 0; left > 0; left--) {
      const reply = await asker.root({ withinMs: LIMITS.askMs });
      meanwhile.push(reply);
      if ("failure" in reply) break;
    }
    const answeredBeforeOpen = answered;
    await gate.open();
    const opened = await held;
    const alone = await asker.fresh({ method: "GET", path: `/hold?gate=${name}-alone&ms=${ALONE_MS}` });
    return { entered, answeredBeforeOpen, meanwhile, opened, alone };
  },
  judge: ({ entered, answeredBeforeOpen, meanwhile, opened, alone }, facts) => [
    ...(entered ? [] : [{ expected: "the file G.entered in $HUPSPEC_GATES", got: "none" }]),
    ...(answeredBeforeOpen ? [{ expected: "no answer before G.open exists", got: "an answer" }] : []),
    ...judgeReplies(meanwhile, facts, judgeIdentity).map(whileHeld),
    ...judgeReplies([opened, alone], facts, judgeIdentity),
    ...judgeWait(alone),
  ],
};

function whileHeld({ expected, got }: Wrong): Wrong {
  return { expected: `while another request is held, ${expected}`, got };
}

function judgeWait(alone: Reply): Wrong[] {
  if (!("answer" in alone) || alone.answer.tookMs >= LEAST_ALONE_MS) return [];
  const got = `an answer after ${Math.round(alone.answer.tookMs)} ms`;
  return [{ expected: `no answer before G.open exists or ${ALONE_MS} ms have passed`, got }];
}
