import type { Answer, Asked, Facts, Reply, Wrong } from "./reply.ts";

/** What one kind of answer has to be besides its headers; empty if it is. */
export type JudgeAnswer = (answer: Answer, reply: Reply, facts: Facts) => readonly Wrong[];

/** Every answer is a 200 with the three headers, and right in itself; what was asked as `/` around a route answers as `/`. */
export function judgeReplies(replies: readonly Reply[], facts: Facts, own: JudgeAnswer): Wrong[] {
  return replies.flatMap((reply) => {
    const named = (wrong: Wrong): Wrong => ({ ...wrong, expected: `${describe(reply)}: ${wrong.expected}` });
    if ("failure" in reply) return [named({ expected: "an answer", got: reply.failure })];
    const { answer } = reply;
    if (answer.status !== 200)
      return [named({ expected: "status 200", got: `${answer.status} ${shown(answer.body)}` })];
    const judge = reply.asked.path === "/" ? judgeIdentity : own;
    return [...judgeHeaders(answer, reply, facts), ...judge(answer, reply, facts)].map(named);
  });
}

/** `x-hupspec-generation`, `x-hupspec-worker` and the request's own `x-hupspec-id`. */
export function judgeHeaders({ headers }: Pick<Answer, "headers">, { id }: Pick<Reply, "id">, facts: Facts): Wrong[] {
  const worker = headers.get("x-hupspec-worker") ?? "";
  return [
    ...differs("header x-hupspec-id", id, headers.get("x-hupspec-id")),
    ...differs("header x-hupspec-generation", String(facts.generation), headers.get("x-hupspec-generation")),
    ...(/^[1-9]\d*$/.test(worker) && facts.isWorker(Number(worker))
      ? []
      : [{ expected: "header x-hupspec-worker with the pid of a process of the target", got: shown(worker) }]),
  ];
}

/** What `/` answers, and every route that answers like it. */
export const judgeIdentity: JudgeAnswer = ({ headers, body }, { id }, { generation, setting }) => {
  const fields = jsonOf(body);
  if (!fields) return [{ expected: "a JSON object", got: shown(body) }];
  const length = headers.get("content-length");
  return [
    ...(typeof fields["app"] === "string" && fields["app"] !== "" ? [] : [differing("app, a name", fields["app"])]),
    ...differs("generation", generation, fields["generation"]),
    ...differs("worker, the pid of the header", Number(headers.get("x-hupspec-worker")), fields["worker"]),
    ...differs("id", id, fields["id"]),
    ...differs("setting", setting, fields["setting"]),
    ...differs("Content-Length", String(body.length), length),
  ];
};

/** Nothing if the two are the same. */
export function differs(what: string, expected: unknown, got: unknown): Wrong[] {
  return expected === got ? [] : [differing(`${what} ${JSON.stringify(expected)}`, got)];
}

function differing(expected: string, got: unknown): Wrong {
  return { expected, got: got === undefined ? "none" : JSON.stringify(got) };
}

export function jsonOf(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON, which is what the caller asks.
    return undefined;
  }
}

const SHOWN_CHARACTERS = 120;

/** The beginning of what came, for people. */
export function shown(text: Buffer | string): string {
  const whole = text.toString("latin1" as BufferEncoding);
  return JSON.stringify(whole.length > SHOWN_CHARACTERS ? `${whole.slice(0, SHOWN_CHARACTERS)}...` : whole);
}

function describe({ asked, connection }: Reply): string {
  return `${describeAsked(asked)} on a ${connection} connection`;
}

function describeAsked({ method, path, body, chunked = false }: Asked): string {
  const sent = body ? ` with ${body.length} bytes${chunked ? " in chunks" : ""}` : "";
  return `${method} ${path}${sent}`;
}
