import { describe, expect, test } from "vitest";
import type { OutcomeTally } from "../spec/outcome.ts";
import { startAutocannon } from "./autocannon.ts";
import { startClosedLoop } from "./closed-loop.ts";
import { type Fault, FAULTS, startFaultServer } from "./fault-server.ts";
import type { ClosedLoopOptions, Driver } from "./load-options.ts";

const REQUESTS = 30;
const EVERY = 10;
const PLANTED = REQUESTS / EVERY;
const clock = performance;

const DRIVERS = { "our driver": startClosedLoop, autocannon: startAutocannon } satisfies Record<
  string,
  (options: ClosedLoopOptions) => Driver
>;

type Counts = Readonly<Record<string, number>>;
const sound: Counts = { ok: REQUESTS };
const lost = (outcome: string): Counts => ({ ok: REQUESTS - PLANTED, [outcome]: PLANTED });

/** What the ledger has to say of each fault; kinds of loss at a kept-alive connection say so. */
const EXPECTED: Record<Fault, { readonly fresh: Counts; readonly "kept-alive": Counts }> = {
  none: { fresh: sound, "kept-alive": sound },
  refused: {
    fresh: { ok: EVERY - 1, refused: REQUESTS - EVERY + 1 },
    "kept-alive": { ok: EVERY - 1, refused: REQUESTS - EVERY + 1 },
  },
  fin: { fresh: lost("closed-before-answer-fresh"), "kept-alive": lost("closed-before-answer-reused") },
  rst: { fresh: lost("reset-before-answer-fresh"), "kept-alive": lost("reset-before-answer-reused") },
  "truncate-length": { fresh: lost("truncated"), "kept-alive": lost("truncated") },
  "truncate-chunked": { fresh: lost("truncated"), "kept-alive": lost("truncated") },
  stall: { fresh: lost("hung"), "kept-alive": lost("hung") },
  duplicate: { fresh: lost("wrong-answer"), "kept-alive": lost("wrong-answer") },
  "wrong-id": { fresh: lost("wrong-answer"), "kept-alive": lost("wrong-answer") },
  "close-announced-kept": { fresh: sound, "kept-alive": sound },
  // A client that sends at once meets the end of the connection with its next request; see the test below.
  "keep-alive-broken": { fresh: sound, "kept-alive": sound },
  "length-short": { fresh: lost("wrong-answer"), "kept-alive": lost("wrong-answer") },
  "length-long": { fresh: lost("hung"), "kept-alive": lost("hung") },
  "bad-chunk-size": { fresh: lost("wrong-answer"), "kept-alive": lost("wrong-answer") },
};

// At the same time: most of it is waiting for the deadlines of stalled requests.
describe.concurrent.each(Object.keys(DRIVERS) as (keyof typeof DRIVERS)[])("%s", (driver) => {
  describe.each(["fresh", "kept-alive"] as const)("%s connections", (connections) => {
    test.each(FAULTS.filter((fault) => fault !== "keep-alive-broken"))(
      "counts exactly the k-ths: %s",
      async (fault) => {
        await using server = await startFaultServer(fault, EVERY);
        const record = await DRIVERS[driver](optionsFor(server.endpoint, connections)).finished;
        expect(record.tally).toEqual(EXPECTED[fault][connections]);
        expect(sum(record.tally)).toBe(record.intended);
        expect(record.intended).toBe(REQUESTS);
        expect(server.planted).toBe(fault === "refused" || fault === "none" ? 0 : PLANTED);
        expect(record.closes.idle).toBe(0);
        if (fault === "close-announced-kept" && connections === "kept-alive") {
          expect(record.closes.announced).toBe(PLANTED);
          // The last answer of all announces too, and nothing follows it.
          expect(record.reconnects).toBe(PLANTED - 1);
        }
      },
    );
  });

  test("a broken promise to keep alive costs the next request on the connection, and no other", async () => {
    await using server = await startFaultServer("keep-alive-broken", EVERY);
    const record = await DRIVERS[driver](optionsFor(server.endpoint, "kept-alive")).finished;
    const { ok = 0 } = record.tally;
    const closed = record.tally["closed-before-answer-reused"] ?? 0;
    const reset = record.tally["reset-before-answer-reused"] ?? 0;
    expect(ok + closed + reset).toBe(REQUESTS);
    // Either the end was seen in time and the connection left, or the next request was lost to it.
    expect(server.planted - record.closes.idle - (closed + reset)).toBeGreaterThanOrEqual(0);
    expect(server.planted - record.closes.idle - (closed + reset)).toBeLessThanOrEqual(1);
    expect(server.requests).toBe(ok);
  });
});

test("both drivers agree on every fault, row by row of the classes", async () => {
  for (const fault of FAULTS) {
    if (fault === "keep-alive-broken" || fault === "stall" || fault === "length-long") continue;
    const tallies: OutcomeTally[] = [];
    for (const start of Object.values(DRIVERS)) {
      await using server = await startFaultServer(fault, 7);
      tallies.push((await start({ ...optionsFor(server.endpoint, "kept-alive"), concurrency: 1 }).finished).tally);
    }
    expect(tallies[0], fault).toEqual(tallies[1]);
  }
});

function optionsFor(endpoint: { host: string; port: number }, connections: "fresh" | "kept-alive"): ClosedLoopOptions {
  return {
    name: "faults",
    door: "front",
    endpoint,
    clock,
    idPrefix: "f-",
    connections,
    request: { path: "/" },
    expect: "contract",
    limits: { requestMs: 1_000 },
    requests: REQUESTS,
    concurrency: 1,
  };
}

function sum(tally: OutcomeTally): number {
  return (Object.values(tally) as number[]).reduce((total, count) => total + count, 0);
}

describe("what came instead of a good answer", () => {
  const begun = async (fault: Fault): Promise<readonly (string | undefined)[]> => {
    await using server = await startFaultServer(fault, EVERY);
    const { ledger } = await startClosedLoop(optionsFor(server.endpoint, "kept-alive")).finished;
    return Array.from(ledger.rows()).flatMap(({ outcome, received }) => (outcome === "ok" ? [] : [received]));
  };

  test("is kept with the request", async () => {
    expect(await begun("truncate-length")).toEqual(
      Array.from({ length: PLANTED }, () => expect.stringMatching(/^HTTP\/1\.1 200/)),
    );
  });

  test("is nothing where nothing came, whatever the connection had carried before", async () => {
    expect(await begun("fin")).toEqual(Array.from({ length: PLANTED }, () => undefined));
  });
});
