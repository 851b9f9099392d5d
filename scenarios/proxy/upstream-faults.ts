import { setTimeout as delay } from "node:timers/promises";
import { LIMITS } from "../../harness/spec/limits.ts";
import type { OriginHandle, Scenario, Stage } from "../../harness/spec/scenario.ts";

const BODY = new TextEncoder().encode("a payment, to be made once");

/** Times that each misbehaviour is tried. */
const TIMES = 3;
/** Requests right after a failure. A blackout lasts seconds, these take milliseconds. */
const AFTER_FAILURE = 8;

/** Pooled connections, and how their requests are spread around the backend's idle limit. */
const SWEEP = { requests: 30, fromMs: -120, everyMs: 8, holdMs: 400, primeMs: 150 } as const;

/** An upstream that closes, resets, refuses, tires of idle connections, and cuts its answers short. */
export const upstreamFaults: Scenario = {
  id: "proxy/upstream-faults",
  title: "An upstream that misbehaves on demand",
  decides: [
    "proxy/idempotent-retried",
    "proxy/post-never-replayed",
    "proxy/no-blackout",
    "proxy/pool-outlived-by-backend",
    "proxy/truncation-propagated",
  ],
  roles: ["proxy"],
  actions: [],
  capabilities: ["contract", "origin"],
  workers: 1,
  sites: "one",
  async drive(stage) {
    await stage.closedLoop({ name: "sound", door: "front", requests: 30, concurrency: 5, connections: "fresh" })
      .finished;
    const { origin, phase } = stage;
    if (!origin || phase === "control") return;
    await closeUnderRequests(stage);
    await failOnce(stage, origin);
    await untilAnswered(stage);
    await cutAnswers(stage);
    origin.look("faults");
    await sweepIdleLimit(stage, origin);
  },
};

/** The request before each leaves an idle connection behind, for a proxy that pools any. */
async function closeUnderRequests(stage: Stage): Promise<void> {
  const door = "front";
  for (let time = 0; time < TIMES; time++) {
    for (const fault of ["close-reused", "reset-reused"]) {
      await stage.request({ name: "prime", door });
      await stage.request({ name: `idempotent/${fault}`, door, path: `/?fault=${fault}` });
    }
    for (const fault of ["close-reused", "reset-reused", "close", "reset", "half-head"]) {
      await stage.request({ name: "prime", door });
      await stage.request({ name: `post/${fault}`, door, method: "POST", path: `/digest?fault=${fault}`, body: BODY });
    }
  }
}

async function failOnce(stage: Stage, origin: OriginHandle): Promise<void> {
  const door = "front";
  const goOn = async (kind: string): Promise<void> => {
    for (let index = 0; index < AFTER_FAILURE; index++) await stage.request({ name: `after-failure/${kind}`, door });
  };
  await stage.request({ name: "failure/closed", door, path: "/?fault=close" });
  await goOn("closed");
  await origin.away(async () => void (await stage.request({ name: "failure/refused", door, withinMs: 1_000 })));
  await goOn("refused");
}

/** A proxy that takes its upstream for down after a failure, which is another rule's business, has to be done with that. */
async function untilAnswered(stage: Stage): Promise<void> {
  const isAnswered = async (): Promise<boolean> =>
    (await stage.request({ name: "back-again", door: "front" })).outcome === "ok";
  await stage.until(isAnswered, LIMITS.blackoutMs);
}

async function cutAnswers(stage: Stage): Promise<void> {
  for (const fault of ["cut-length", "cut-length-reset", "cut-chunked", "cut-chunked-reset"]) {
    const path = `/bytes?n=65536&fault=${fault}`;
    await stage.request({ name: `truncation/${fault}`, door: "front", path, withinMs: LIMITS.answerMs });
  }
}

/**
 * Fills the pool with as many connections as there are requests, then sends these one by one while the limit of the idle
 * connections comes and goes. Each is answered late, so that none gives back its connection for the next to take.
 */
async function sweepIdleLimit(stage: Stage, origin: OriginHandle): Promise<void> {
  const { idleMs } = origin;
  if (idleMs === undefined) return;
  const { requests, fromMs, everyMs, holdMs, primeMs } = SWEEP;
  const door = "front";
  const all = Array.from({ length: requests }, (_, index) => index);
  await Promise.all(all.map(() => stage.request({ name: "pool-prime", door, path: `/hold?ms=${primeMs}` })));
  const idleSinceMs = stage.now();
  await Promise.all(
    all.map(async (index) => {
      // A schedule, not a wait for something to have happened.
      await delay(idleSinceMs + idleMs + fromMs + index * everyMs - stage.now(), undefined, { signal: stage.signal });
      const post = index % 2 === 1 && { method: "POST" as const, body: BODY };
      await stage.request({ name: "pool-sweep", door, path: `/hold?ms=${holdMs}`, ...post });
    }),
  );
  origin.look("pool");
}
