import { judgeIdentity, judgeReplies } from "../judge-answers.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

/** JSON with `app`, `generation`, `worker`, `id` and `setting`, and its length. */
export const root: ContractRoute<readonly Reply[]> = {
  title: "GET /",
  ask: (asker) => asker.everyWay({ method: "GET", path: "/" }),
  judge: (replies, facts) => judgeReplies(replies, facts, judgeIdentity),
};

/** One connection carries several requests. */
export const keptAlive: ContractRoute<readonly Reply[]> = {
  title: "GET / on one connection",
  capability: "keepalive",
  ask: (asker) => asker.between({ method: "GET", path: "/" }),
  judge: root.judge,
};
