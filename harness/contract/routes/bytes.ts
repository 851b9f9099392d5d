import { differs, judgeReplies, shown, type JudgeAnswer } from "../judge-answers.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

const UNIT = "0123456789abcdef";
/** Nothing, less than the unit, more than a block, more than the buffers of a socket take in; most of them no multiple of the unit. */
const SIZES = [0, 7, 65_552, 1_000_003];

/** N bytes, `0123456789abcdef` repeated, with Content-Length. */
export const bytes: ContractRoute<readonly Reply[]> = {
  title: "GET /bytes",
  async ask(asker) {
    const replies: Reply[] = [];
    for (const size of SIZES) replies.push(...(await asker.everyWay({ method: "GET", path: `/bytes?n=${size}` })));
    return replies;
  },
  judge: (replies, facts) => judgeReplies(replies, facts, judgeBytes),
};

const judgeBytes: JudgeAnswer = ({ headers, body }, { asked }) => {
  const size = Number(/n=(\d+)/.exec(asked.path)?.[1]);
  const at = firstDifference(body);
  return [
    ...differs("Content-Length", String(size), headers.get("content-length")),
    ...differs("length", size, body.length),
    ...(at === -1
      ? []
      : [{ expected: `${UNIT} over and over`, got: `${shown(body.subarray(at, at + UNIT.length))} at byte ${at}` }]),
  ];
};

/** Place of the first byte that is not what the pattern has there; -1 if there is none. */
function firstDifference(body: Buffer): number {
  return body.findIndex((byte, index) => byte !== UNIT.charCodeAt(index % UNIT.length));
}
