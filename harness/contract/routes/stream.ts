import { differs, judgeReplies, shown, type JudgeAnswer } from "../judge-answers.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

const CHUNKS = 4;
const EVERY_MS = 150;
/** A part of all pauses together: a corked socket lets its bytes go after 200 ms (tcp(7)), and a reader may come late. */
const LEAST_BODY_MS = ((CHUNKS - 1) * EVERY_MS) / 3;

/** Chunked, lines `chunk I of N`, M ms apart: each line goes out when it is there. */
export const stream: ContractRoute<readonly Reply[]> = {
  title: "GET /stream",
  capability: "streaming",
  ask: (asker) => asker.everyWay({ method: "GET", path: `/stream?chunks=${CHUNKS}&ms=${EVERY_MS}` }),
  judge: (replies, facts) => judgeReplies(replies, facts, judgeStream),
};

const judgeStream: JudgeAnswer = ({ headers, body, bodyMs }, { connection }) => {
  const lines = (first: number): string =>
    Array.from({ length: CHUNKS }, (_, index) => `chunk ${first + index} of ${CHUNKS}\n`).join("");
  const text = body.toString("latin1");
  return [
    ...differs("Transfer-Encoding", "chunked", headers.get("transfer-encoding")?.toLowerCase()),
    ...(text === lines(1) || text === lines(0) ? [] : [{ expected: shown(lines(1)), got: shown(text) }]),
    // Kept connections are those of the front door, where a proxy may collect what it passes on.
    ...(bodyMs >= LEAST_BODY_MS || connection === "reused"
      ? []
      : [
          {
            expected: `lines ${EVERY_MS} ms apart, the last at least ${LEAST_BODY_MS} ms after the first`,
            got: `all within ${Math.round(bodyMs)} ms`,
          },
        ]),
  ];
};
