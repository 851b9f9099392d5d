import { waitUntil } from "../../process/wait-until.ts";
import { LIMITS } from "../../spec/limits.ts";
import type { Asker } from "../asker.ts";
import { differs, judgeIdentity, judgeReplies } from "../judge-answers.ts";
import { readLogLines, type LogLine } from "../log-lines.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

/** A few of ordinary size, and more at once than a pipe takes in. */
const KINDS = [
  { records: 3, bytes: 400 },
  { records: 20, bytes: 5_000 },
  { records: 2, bytes: 70_001 },
];

/** For the record that an application writes behind its answer. */
const ANSWERED_MS = 1_000;

export interface Logged {
  readonly replies: readonly Reply[];
  readonly lines: readonly LogLine[];
}

/** Writes N log records of exactly B bytes each, newline included, then answers like `/`. */
export const log: ContractRoute<Logged> = {
  title: "GET /log",
  async ask(asker) {
    const { target, site, signal } = asker;
    const replies: Reply[] = [];
    for (const { records, bytes } of KINDS) {
      const asked = { method: "GET", path: `/log?records=${records}&bytes=${bytes}` } as const;
      replies.push(...(await asker.everyWay(asked, () => answeredInLog(asker))));
    }
    const wanted = replies.reduce((sum, reply) => sum + kindOf(reply).records, 0);
    let lines: readonly LogLine[] = [];
    await waitUntil(
      async () => {
        lines = await readLogLines(target.logPatterns(site));
        return lines.filter(isRecord).length >= wanted;
      },
      LIMITS.askMs,
      signal,
    );
    return { replies, lines };
  },
  judge: ({ replies, lines }, facts) => [
    ...judgeReplies(replies, facts, judgeIdentity),
    ...replies.flatMap((reply) => {
      const { records, bytes } = kindOf(reply);
      const own = lines.filter((line) => isRecord(line) && line.fields["id"] === reply.id);
      const sizes = [...new Set(own.map((line) => line.bytes))].filter((size) => size !== bytes);
      const request = `${reply.asked.path} (${reply.id})`;
      return [
        ...differs(`${request}: records of event "record"`, records, own.length),
        ...(sizes.length === 0
          ? []
          : [
              { expected: `${request}: records of ${bytes} bytes, newline included`, got: `${sizes.join(", ")} bytes` },
            ]),
      ];
    }),
  ],
};

/**
 * Waits until the last answer stands in the log. Workers may share a pipe, which keeps no more than 4 KiB of each in one piece:
 * that two write at a time is the server's matter, and no fault of the application's.
 */
async function answeredInLog({ target, site, replies, signal }: Asker): Promise<void> {
  const last = replies.findLast((reply) => "answer" in reply);
  await waitUntil(
    async () => {
      const lines = await readLogLines(target.logPatterns(site));
      return lines.some(({ fields }) => fields["event"] === "answered" && fields["id"] === last?.id);
    },
    ANSWERED_MS,
    signal,
  );
}

function kindOf({ asked }: Reply): { records: number; bytes: number } {
  const [, records = 0, bytes = 0] = /records=(\d+)&bytes=(\d+)/.exec(asked.path) ?? [];
  return { records: Number(records), bytes: Number(bytes) };
}

function isRecord({ fields }: LogLine): boolean {
  return fields["event"] === "record";
}
