import { createHash } from "node:crypto";
import { differs, jsonOf, judgeReplies, shown, type JudgeAnswer } from "../judge-answers.ts";
import type { Asked, Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

const BODY = Buffer.from("é漢😀\0\r\n".repeat(15_000));
const post = { method: "POST", path: "/digest" } as const;

const whole: readonly Asked[] = [
  { ...post, body: Buffer.alloc(0) },
  { ...post, body: BODY },
];
const inChunks: Asked = { ...post, body: BODY, chunked: true };

const judgeDigest: JudgeAnswer = ({ body }, { asked }) => {
  const sent = asked.body ?? Buffer.alloc(0);
  const fields = jsonOf(body);
  if (!fields) return [{ expected: "a JSON object", got: shown(body) }];
  return [
    ...differs("length", sent.length, fields["length"]),
    ...differs("sha256", createHash("sha256").update(sent).digest("hex"), fields["sha256"]),
  ];
};

/** JSON with `length` and `sha256` of the body. */
export const digest: ContractRoute<readonly Reply[]> = {
  title: "POST /digest",
  async ask(asker) {
    const replies: Reply[] = [];
    for (const asked of whole) replies.push(...(await asker.everyWay(asked)));
    return replies;
  },
  judge: (replies, facts) => judgeReplies(replies, facts, judgeDigest),
};

/** The same of a body whose length is not told beforehand. */
export const digestInChunks: ContractRoute<readonly Reply[]> = {
  title: "POST /digest in chunks",
  capability: "upload",
  ask: (asker) => asker.everyWay(inChunks),
  judge: digest.judge,
};
