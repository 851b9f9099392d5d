import type { ConversationHandle, Scenario, Stage } from "../../harness/spec/scenario.ts";

const RATE = 50;
const STEADY_REQUESTS = 25;
/** More than the system takes off the hands of a server whose client does not read. */
const ANSWER_BYTES = 32 * 1024 * 1024;
/** Pieces of a head that comes drop by drop, per limit: none of the pauses alone is too long. */
const DROPS_PER_LIMIT = 5;

/** Clients that are slow in four ways, beside others that are not. */
export const slowClients: Scenario = {
  id: "proxy/slow-clients",
  title: "Slow heads, slow bodies and slow readers",
  decides: ["proxy/slow-clients-bounded"],
  roles: ["proxy"],
  actions: [],
  capabilities: ["contract"],
  workers: 1,
  variant: "short-limits",
  sites: "one",
  async drive(stage) {
    const load = stage.openLoop({ name: "others", door: "front", ratePerSecond: RATE, connections: "fresh" });
    await load.further(STEADY_REQUESTS);
    const { slowClientMs } = stage.facts;
    if (stage.phase === "trial" && slowClientMs !== undefined) {
      // Twice the limit and a second, as the rule's checker tolerates, and a little more.
      const boundMs = 2 * slowClientMs + 1_250;
      await Promise.all([
        silentHead(stage, boundMs),
        dripHead(stage, boundMs, slowClientMs / DROPS_PER_LIMIT),
        silentBody(stage, boundMs, "length", "Content-Length: 1000\r\n\r\nonly the beginning"),
        silentBody(stage, boundMs, "chunked", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        slowReader(stage, boundMs),
      ]);
    }
    await load.stop();
  },
};

async function silentHead(stage: Stage, boundMs: number): Promise<void> {
  const talk = await stage.converse({ name: "slow/silent-head", door: "front" });
  await talk.send(`GET / HTTP/1.1\r\nHost: ${talk.hostHeader}\r\nx-hup`);
  await talk.untilEnded(boundMs);
  talk.close();
}

async function dripHead(stage: Stage, boundMs: number, everyMs: number): Promise<void> {
  const talk = await stage.converse({ name: "slow/dripping-head", door: "front" });
  const startedMs = stage.now();
  await talk.send(`GET / HTTP/1.1\r\nHost: ${talk.hostHeader}\r\nx-drops: `);
  while (!talk.ended && stage.now() - startedMs < boundMs) {
    await talk.untilEnded(everyMs);
    await talk.send("x");
  }
  talk.close();
}

async function silentBody(stage: Stage, boundMs: number, name: string, rest: string): Promise<void> {
  const talk = await stage.converse({ name: `slow/body-${name}`, door: "front" });
  await talk.send(`POST /digest HTTP/1.1\r\nHost: ${talk.hostHeader}\r\nx-hupspec-id: ${talk.id}\r\n${rest}`);
  await talk.untilEnded(boundMs);
  talk.close();
}

/** Reads the beginning, then nothing for longer than the limit, then whatever still comes. */
async function slowReader(stage: Stage, boundMs: number): Promise<void> {
  const talk: ConversationHandle = await stage.converse({ name: "slow/reader", door: "front" });
  await talk.send(
    `GET /bytes?n=${ANSWER_BYTES} HTTP/1.1\r\nHost: ${talk.hostHeader}\r\nx-hupspec-id: ${talk.id}\r\nConnection: close\r\n\r\n`,
  );
  await talk.until((received) => received.includes("\r\n\r\n"), boundMs);
  talk.pause();
  await talk.untilEnded(boundMs);
  talk.resume();
  await talk.untilEnded(boundMs);
  talk.close();
}
