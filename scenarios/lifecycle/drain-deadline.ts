import type { ConversationHandle, HeldHandle, RunningLoad, Scenario, Stage } from "../../harness/spec/scenario.ts";
import type { Door } from "../../harness/spec/history.ts";
import { LIMITS } from "../../harness/spec/limits.ts";

const IDLE_CLIENTS = 5;
const RATE = 100;
const KNOWN_REQUESTS = 20;
/** Share of the drain after which the short requests are let go on. */
const SHORT_PART = 0.6;
/** At least, after the old workers are gone, for what is on its way through a proxy. */
const END_MS = 500;
const LAST_CHUNK = "0\r\n\r\n";
/** A stream that is not over when the drain is, and one that the control can wait for. */
const LONG_STREAM = { chunks: 240, everyMs: 25 };
const CONTROL_STREAM = { chunks: 4, everyMs: 25 };

/**
 * Two reloads with a drain of two seconds. The first leaves workers that nothing holds but idle clients; at the second there are
 * requests that end in time and requests that don't, a stream, a download that nobody reads, a WebSocket and an event stream.
 */
export const drainDeadline: Scenario = {
  id: "lifecycle/drain-deadline",
  title: "What is in flight at the deadline of a drain, and what ends before",
  decides: [
    "lifecycle/drain-deadline-enforced",
    "lifecycle/drain-cut-logged",
    "lifecycle/not-cut-before-deadline",
    "connections/cut-is-detectable",
    "connections/idle-cannot-pin",
    "connections/websocket-drains",
  ],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract", "keepalive"],
  workers: 2,
  variant: "short-limits",
  sites: "one",
  async drive(stage) {
    const steady = startSteady(stage);
    await Promise.all(steady.map((load) => load.further(KNOWN_REQUESTS)));
    const first = await stage.servingWorkers();
    const idle = await Promise.all(
      stage.doors.flatMap((door) => Array.from({ length: IDLE_CLIENTS }, () => openIdle(stage, door))),
    );
    await stage.reload();
    // Before the second reload, so that the workers that it has to replace are known by name.
    await Promise.all(steady.map((load) => load.further(KNOWN_REQUESTS)));
    const second = await stage.servingWorkers();
    const hold = (by: "gate" | "download"): Promise<HeldHandle[]> =>
      Promise.all(stage.doors.map((door) => stage.hold({ door, by })));
    const short = [...(await hold("gate")), ...(await hold("gate"))];
    const long = [...(await hold("gate")), ...(await hold("download")), ...(await openStreams(stage))];
    const talks = await openLongLived(stage);
    await stage.readServerLines("before");

    const reloadedMs = stage.now();
    // What is to be let go in time can't wait until the new code serves: with some, that takes longer than the drain.
    const reload = await stage.reload({ awaits: "nothing" });
    const { drainMs } = stage.facts;
    const letGoInTime = async (): Promise<void> => {
      if (stage.phase === "trial") {
        await stage.until(() => stage.now() >= reloadedMs + SHORT_PART * drainMs, drainMs);
      }
      await Promise.all(short.map((request) => request.release()));
    };
    await Promise.all([reload.served(), letGoInTime()]);
    if (stage.phase === "trial") {
      const isOver = (): boolean => !stage.processes().some(({ pid }) => [...first, ...second].includes(pid));
      const latestMs = Math.max(stage.now(), reloadedMs + LIMITS.giveUpMarginMs) + drainMs + LIMITS.giveUpMarginMs;
      await stage.until(isOver, latestMs - stage.now());
      const endMs = Math.max(END_MS, latestMs - stage.now());
      await Promise.all(talks.map((talk) => talk.until((received) => received.endsWith(LAST_CHUNK), endMs)));
    }
    await Promise.all(long.map((request) => request.release()));
    for (const talk of [...talks, ...idle]) talk.close();
    await Promise.all(steady.map((load) => load.stop()));
    await stage.readServerLines("after");
  },
};

/**
 * Requests at a fixed rate all the time: they tell the workers of each generation, and how late this process itself was, without
 * which no time that it measured would mean anything.
 */
function startSteady(stage: Stage): readonly RunningLoad[] {
  return stage.doors.map((door) =>
    stage.openLoop({ name: `steady-${door}`, door, ratePerSecond: RATE, connections: "fresh" }),
  );
}

async function openIdle(stage: Stage, door: Door): Promise<ConversationHandle> {
  const talk = await stage.converse({ name: `idle-${door}`, door });
  await talk.send(headOf(talk, "/"));
  await talk.until((received) => received.endsWith("}"), LIMITS.answerMs);
  return talk;
}

async function openStreams(stage: Stage): Promise<HeldHandle[]> {
  if (!stage.capabilities.includes("streaming")) return [];
  const stream = stage.phase === "trial" ? LONG_STREAM : CONTROL_STREAM;
  return Promise.all(stage.doors.map((door) => stage.hold({ door, by: "stream", stream })));
}

async function openLongLived(stage: Stage): Promise<readonly ConversationHandle[]> {
  const kinds = (["websocket", "sse"] as const).filter((kind) => stage.capabilities.includes(kind));
  return Promise.all(
    stage.doors.flatMap((door) =>
      kinds.map((kind) => (kind === "websocket" ? openWebSocket(stage, door) : openEvents(stage, door))),
    ),
  );
}

/** A text frame that says "ping", masked with zeros. */
const PING = "\x81\x84\0\0\0\0ping";
const ECHO = "\x81\x04ping";

/** The handshake of RFC 6455, section 4.1, and one message that has to come back. */
async function openWebSocket(stage: Stage, door: Door): Promise<ConversationHandle> {
  const talk = await stage.converse({ name: `websocket-${door}`, door });
  const key = "aHVwc3BlYy13ZWJzb2NrZQ==";
  const fields = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`;
  await talk.send(headOf(talk, "/ws", fields));
  await talk.until((received) => received.includes("\r\n\r\n"), LIMITS.answerMs);
  await talk.send(PING);
  await talk.until((received) => received.endsWith(ECHO), LIMITS.answerMs);
  return talk;
}

async function openEvents(stage: Stage, door: Door): Promise<ConversationHandle> {
  const talk = await stage.converse({ name: `events-${door}`, door });
  await talk.send(headOf(talk, "/events?ms=100"));
  await talk.until((received) => received.includes("data:"), LIMITS.answerMs);
  return talk;
}

function headOf(talk: ConversationHandle, path: string, fields = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${talk.hostHeader}\r\nx-hupspec-id: ${talk.id}\r\n${fields}\r\n`;
}
