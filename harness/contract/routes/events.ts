import { LIMITS } from "../../spec/limits.ts";
import { judgeReplies, shown, type JudgeAnswer } from "../judge-answers.ts";
import type { Reply } from "../reply.ts";
import type { ContractRoute } from "../route.ts";

const EVENTS = 3;

/** Server-sent events, M ms apart, for as long as somebody listens. */
export const events: ContractRoute<Reply> = {
  title: "GET /events",
  capability: "sse",
  ask: (asker) =>
    asker.fresh(
      { method: "GET", path: "/events?ms=20" },
      { withinMs: LIMITS.askMs, enough: (body) => eventsIn(body) >= EVENTS },
    ),
  judge: (reply, facts) => judgeReplies([reply], facts, judgeEvents),
};

const judgeEvents: JudgeAnswer = ({ headers, body }) => {
  const type = headers.get("content-type") ?? "";
  return [
    ...(/^text\/event-stream\b/.test(type) ? [] : [{ expected: "Content-Type text/event-stream", got: shown(type) }]),
    ...(eventsIn(body) >= EVENTS ? [] : [{ expected: `${EVENTS} events with data`, got: shown(body) }]),
  ];
};

/** Whole ones: a block with a line of data, ended by an empty line. */
function eventsIn(body: Buffer): number {
  const blocks = body.toString("utf8").replaceAll("\r\n", "\n").split("\n\n").slice(0, -1);
  return blocks.filter((block) => /^data:/m.test(block)).length;
}
