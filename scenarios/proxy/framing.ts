import { FRAMING_CASES, framingBytes, idBehind } from "../../harness/spec/framing-cases.ts";
import { LIMITS } from "../../harness/spec/limits.ts";
import type { ConversationHandle, Scenario, Stage } from "../../harness/spec/scenario.ts";

/** Inputs on the wire at a time. */
const ABREAST = 8;
/** A server that refuses does so at once; one that is still silent then waits for more. */
const REFUSAL_MS = 700;

/** The same field named in several ways, with `Connection` before and behind it. */
const HOPS: Readonly<Record<string, string>> = {
  plain: "Connection: close, x-hupspec-private\r\nx-hupspec-private: 1\r\n",
  behind: "X-Hupspec-Private: 1\r\nConnection: X-HUPSPEC-PRIVATE,close\r\n",
  "two-fields": "Connection: close\r\nx-hupspec-private: 1\r\nConnection: x-hupspec-private\r\n",
  "empty-elements": "Connection: ,, x-hupspec-private ,\tclose ,\r\nx-hupspec-private: 1\r\n",
  standard: "Connection: close, keep-alive\r\nKeep-Alive: timeout=5\r\n",
};

/** Raw requests that could be read in two ways, each with another one behind it, and valid ones between them. */
export const framing: Scenario = {
  id: "proxy/framing",
  title: "Ambiguous requests, and fields for one hop",
  decides: ["proxy/framing-strict", "proxy/hop-by-hop-removed"],
  roles: ["proxy", "stack"],
  actions: [],
  capabilities: ["contract"],
  workers: 1,
  sites: "one",
  async drive(stage) {
    await stage.closedLoop({ name: "sound", door: "front", requests: 20, concurrency: 4, connections: "fresh" })
      .finished;
    if (stage.phase === "control") return;
    const waiting = [...FRAMING_CASES];
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await sendCase(stage, next);
    };
    await Promise.all(Array.from({ length: ABREAST }, lane));
    if (stage.origin) await Promise.all(Object.entries(HOPS).map(([name, fields]) => sendHop(stage, name, fields)));
    // Whatever was passed on has arrived by the time that a request sent later was answered.
    await stage.request({ name: "barrier", door: "front" });
    if (stage.origin) stage.origin.look("framing");
    else await stage.readLogs("framing");
  },
};

async function sendCase(stage: Stage, row: (typeof FRAMING_CASES)[number]): Promise<void> {
  const talk = await stage.converse({ name: `framing/${row.slug}`, door: "front" });
  const { id, hostHeader: host } = talk;
  await talk.send(framingBytes(row, { host, id, behind: idBehind(id) }));
  if (row.due === "take") await untilAnswered(talk);
  await talk.untilEnded(REFUSAL_MS);
  talk.close();
}

async function sendHop(stage: Stage, name: string, fields: string): Promise<void> {
  const talk = await stage.converse({ name: `hop/${name}`, door: "front" });
  const { id, hostHeader } = talk;
  await talk.send(`GET /?fault=hop-by-hop HTTP/1.1\r\nHost: ${hostHeader}\r\nx-hupspec-id: ${id}\r\n${fields}\r\n`);
  await untilAnswered(talk);
  await talk.untilEnded(REFUSAL_MS);
  talk.close();
}

/** Silence would be held against it: it is given all the time that an answer may take. */
function untilAnswered(talk: ConversationHandle): Promise<boolean> {
  return talk.until((received) => /HTTP\/1\.[01] [2-5]\d\d/.test(received), LIMITS.answerMs);
}
