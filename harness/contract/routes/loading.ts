import { judgeIdentity, judgeReplies } from "../judge-answers.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

/** `release.json` is read on loading and not again: a release that nobody reloaded to is not served. */
export const loading: ContractRoute<readonly Reply[]> = {
  title: "release.json read on loading",
  async ask(asker) {
    const { target, site } = asker;
    await target.deploy(site, { setting: "green" });
    const replies: Reply[] = [];
    for (let left = 2 * target.workers + 2; left > 0; left--) replies.push(await asker.root());
    return replies;
  },
  judge: (replies, facts) => judgeReplies(replies, facts, judgeIdentity),
};
