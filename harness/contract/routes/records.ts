import { waitUntil } from "../../process/wait-until.ts";
import { LIMITS } from "../../spec/limits.ts";
import { judgeRecords } from "../judge-records.ts";
import { readLogLines, type LogLine } from "../log-lines.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

export interface WholeLog {
  readonly replies: readonly Reply[];
  readonly lines: readonly LogLine[];
}

/** Of all that was asked so far: fields, sums, sequences, and the two records of each request. */
export const records: ContractRoute<WholeLog> = {
  title: "log records",
  async ask({ target, site, signal, replies }) {
    const answered = replies.filter(
      (reply) => "answer" in reply && reply.answer.status === 200 && reply.answer.complete,
    );
    let lines: readonly LogLine[] = [];
    await waitUntil(
      async () => {
        lines = await readLogLines(target.logPatterns(site));
        const said = new Set(lines.flatMap(({ fields }) => (fields["event"] === "answered" ? [fields["id"]] : [])));
        return answered.every(({ id }) => said.has(id));
      },
      LIMITS.askMs,
      signal,
    );
    return { replies: [...replies], lines };
  },
  judge: ({ replies, lines }) => judgeRecords(lines, replies),
};
