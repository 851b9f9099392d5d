import type { Capability } from "../../harness/spec/target-facts.ts";
import { withinRoom } from "../room.ts";
import type { ConversationHandle, HeldHandle, Scenario, Stage } from "../../harness/spec/scenario.ts";
import type { Door, LedgerRow } from "../../harness/spec/history.ts";

/** Clients that keep a connection alive and say nothing while the server reloads. */
const IDLE_CLIENTS = 100;
const CONTROL_IDLE_CLIENTS = 5;
/** Fresh requests, while the old workers drain, by which a draining one would be found that still accepts. */
const FRESH_REQUESTS = 100;
const FRESH_AT_A_TIME = 5;
const POSTS_PER_SECOND = 100;
const STEADY_POSTS = 20;
const ANSWER_MS = 5_000;

/**
 * All kinds of connections live through a reload: idle ones, requests that wait behind another on theirs, uploads half sent, downloads
 * half read, POSTs on kept-alive connections. While the old workers drain, fresh requests are sent, and a second reload.
 */
export const acrossReload: Scenario = {
  id: "connections/across-reload",
  title:
    "Idle, pipelined, half-sent and half-read connections across a reload, and a second one while the first drains",
  decides: [
    "connections/in-flight-completes",
    "connections/post-not-lost",
    "connections/buffered-requests-answered",
    "connections/upload-whole-or-refused",
    "connections/drainers-accept-nothing",
    "connections/idle-survives",
    "connections/reconnects-per-reload",
    "lifecycle/reload-during-drain",
    "lifecycle/no-eintr-in-app",
  ],
  roles: ["app-server", "stack"],
  actions: ["reload"],
  capabilities: ["contract", "keepalive"],
  workers: 2,
  sites: "one",
  async drive(stage) {
    const posts = stage.doors.map((door) =>
      stage.openLoop({
        name: `kept-post-${door}`,
        door,
        ratePerSecond: POSTS_PER_SECOND,
        connections: "kept-alive",
        sessions: 8,
        request: { method: "POST", path: "/digest", body: Buffer.from("posted on a kept-alive connection") },
      }),
    );
    await Promise.all(posts.map((load) => load.further(STEADY_POSTS)));
    const idle = await openIdle(stage);
    const held = await holdAll(stage);

    const startedMs = stage.now();
    const first = await stage.reload();
    // Where the new code waits for what is held, nobody drains yet, or nobody accepts.
    if (first.isTakenUp) await askFresh(stage, startedMs + stage.facts.settleMs);
    await speakAgain(idle);
    const second = await stage.reload({ awaits: "nothing" });
    await Promise.all([second.served(), ...held.map((request) => request.release())]);
    await Promise.all(posts.map((load) => load.further(STEADY_POSTS)));
    await first.settled();
    await second.settled();
    await Promise.all(posts.map((load) => load.stop()));
    await stage.readLogs("after-reloads");
  },
};

/** Clients that have got an answer each, and stay. */
async function openIdle(stage: Stage): Promise<readonly ConversationHandle[]> {
  const clients = stage.phase === "trial" ? IDLE_CLIENTS : CONTROL_IDLE_CLIENTS;
  const talks = stage.doors.flatMap((door) =>
    Array.from({ length: clients }, () => stage.converse({ name: `idle-${door}`, door })),
  );
  return Promise.all(
    talks.map(async (opening) => {
      const talk = await opening;
      await talk.send(requestOn(talk, "/"));
      await talk.until(isAnswered(1), ANSWER_MS);
      return talk;
    }),
  );
}

/** The next request on each idle connection that is still there; that it is gone is for a checker to see. */
async function speakAgain(talks: readonly ConversationHandle[]): Promise<void> {
  await Promise.all(
    talks.map(async (talk) => {
      if (!talk.ended) {
        await talk.send(requestOn(talk, "/"));
        await talk.until(isAnswered(2), ANSWER_MS);
      }
      talk.close();
    }),
  );
}

/** What is in flight while the server reloads, the most telling first, through every door. */
const IN_FLIGHT = ["gate", "upload", "pipelined", "download", "stream", "gate", "upload", "pipelined"] as const;

const NEEDS: Readonly<Partial<Record<(typeof IN_FLIGHT)[number], Capability>>> = {
  upload: "upload",
  stream: "streaming",
  pipelined: "pipelining",
};

async function holdAll(stage: Stage): Promise<readonly HeldHandle[]> {
  const kinds = IN_FLIGHT.filter((kind) => {
    const needed = NEEDS[kind];
    return needed === undefined || stage.capabilities.includes(needed);
  });
  const pipelining = kinds.includes("pipelined") ? await pipeliningDoors(stage) : [];
  // The last door is the application server's own, where it has one.
  const wanted = kinds
    .flatMap((kind) => stage.doors.toReversed().map((door) => ({ kind, door })))
    .filter(({ kind, door }) => kind !== "pipelined" || pipelining.includes(door));
  return Promise.all(
    withinRoom(stage, oneOfEachFirst(wanted)).map(({ kind, door }) =>
      kind === "pipelined" ? pipelinePair(stage, door) : stage.hold({ door, by: kind }),
    ),
  );
}

function oneOfEachFirst<T extends { readonly kind: string }>(wanted: readonly T[]): readonly T[] {
  const firsts = new Map(wanted.toReversed().map((one) => [one.kind, one]));
  return wanted.toSorted((a, b) => Number(firsts.get(b.kind) === b) - Number(firsts.get(a.kind) === a));
}

/** Doors that answer two requests in one packet in peace; a server may say no to that after the first. */
async function pipeliningDoors(stage: Stage): Promise<readonly Door[]> {
  const answers = await Promise.all(
    stage.doors.map(async (door) => {
      const talk = await stage.converse({ name: `in-peace-${door}`, door });
      await talk.send(requestOn(talk, "/", "-first") + requestOn(talk, "/", "-second"));
      const isAble = await talk.until(isAnswered(2), ANSWER_MS);
      talk.close();
      return isAble;
    }),
  );
  return stage.doors.filter((_, index) => answers[index]);
}

/** Two requests in one packet; the first is held, so that the second is in the server's hands and not yet begun. */
async function pipelinePair(stage: Stage, door: Door): Promise<HeldHandle> {
  const talk = await stage.converse({ name: `pipelined-${door}`, door });
  const gate = stage.gate(`${talk.id}-gate`);
  await talk.send(requestOn(talk, `/hold?gate=${talk.id}-gate&ms=20000`, "-first") + requestOn(talk, "/", "-second"));
  await gate.entered();
  return {
    async release() {
      await gate.open();
      await talk.until(isAnswered(2), ANSWER_MS);
      talk.close();
    },
  };
}

/**
 * Fresh requests while the old workers drain. A server that replaces its workers one by one may take its settle time: asked
 * again until the old code answers none of them, or that time is over.
 */
async function askFresh(stage: Stage, settledMs: number): Promise<void> {
  let newest = 0;
  for (;;) {
    const isLast = stage.phase === "control" || stage.now() > settledMs;
    const rows: LedgerRow[] = [];
    while (rows.length < (stage.phase === "trial" ? FRESH_REQUESTS : FRESH_AT_A_TIME) * stage.doors.length) {
      const asked = stage.doors.flatMap((door) =>
        Array.from({ length: FRESH_AT_A_TIME }, () => stage.request({ name: `fresh-${door}`, door })),
      );
      rows.push(...(await Promise.all(asked)));
    }
    newest = rows.reduce((highest, { generation }) => Math.max(highest, generation), newest);
    if (isLast || rows.every(({ generation }) => generation === newest)) return;
  }
}

function requestOn(talk: ConversationHandle, path: string, suffix = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${talk.hostHeader}\r\nx-hupspec-id: ${talk.id}${suffix}\r\n\r\n`;
}

/** So many answers have begun, and the last of them has a body in JSON that is closed. */
function isAnswered(count: number): (received: string) => boolean {
  return (received) => received.split("HTTP/1.1 ").length - 1 >= count && received.endsWith("}");
}
