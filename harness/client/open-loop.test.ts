import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { startFaultServer } from "./fault-server.ts";
import type { OpenLoopOptions } from "./load-options.ts";
import { startOpenLoop } from "./open-loop.ts";

const clock = performance;

function optionsFor(port: number, more: Partial<OpenLoopOptions> = {}): OpenLoopOptions {
  return {
    name: "open",
    door: "front",
    endpoint: { host: "127.0.0.1", port },
    clock,
    idPrefix: "o-",
    connections: "kept-alive",
    sessions: 4,
    request: { path: "/" },
    expect: "contract",
    ratePerSecond: 500,
    ...more,
  };
}

describe("schedule", () => {
  test("intended times are fixed beforehand, whatever is sent when", async () => {
    await using server = await startFaultServer("none", 1);
    const load = startOpenLoop(optionsFor(server.endpoint.port));
    await load.reached(50);
    const record = await load.stop();
    const rows = [...record.ledger.rows()];
    expect(rows.map((row) => row.id)).toEqual(rows.map((_, index) => `o-${index}`));
    const start = rows[0]?.intendedMs ?? Number.NaN;
    for (const [index, row] of rows.entries()) {
      expect(row.intendedMs).toBeCloseTo(start + index * 2, 6);
      expect(row.sentMs).toBeGreaterThanOrEqual(row.intendedMs);
      expect(row.firstByteMs).toBeGreaterThanOrEqual(row.sentMs);
      expect(row.doneMs).toBeGreaterThanOrEqual(row.firstByteMs);
    }
    expect(record.tally).toEqual({ ok: record.intended });
    expect(record.lateness.count).toBe(record.intended);
  });

  test("a driver that could not keep its schedule says so, and what was due is sent all the same", async () => {
    await using server = await startFaultServer("none", 1);
    const load = startOpenLoop(optionsFor(server.endpoint.port));
    await load.reached(5);
    blockLoop(200);
    await load.reached(100);
    const record = await load.stop();
    expect(record.lateness.max).toBeGreaterThan(100);
    expect(record.scheduleKept).toBe(false);
    expect(record.tally).toEqual({ ok: record.intended });
  });

  test("what is due later than its own deadline is unsent", async () => {
    await using server = await startFaultServer("none", 1);
    const load = startOpenLoop(optionsFor(server.endpoint.port, { limits: { requestMs: 100 } }));
    await load.reached(5);
    blockLoop(300);
    const record = await load.stop();
    expect(record.tally.unsent).toBeGreaterThan(50);
    expect(record.scheduleKept).toBe(false);
  });

  test("queueing behind a slow answer is latency of the request and not lateness of the driver", async () => {
    await using server = await slowServer(60);
    const load = startOpenLoop(optionsFor(server.port, { sessions: 1, ratePerSecond: 100, expect: { status: 204 } }));
    await load.reached(5);
    const record = await load.stop();
    const fifth = record.ledger.row(4);
    expect(fifth.sentMs - fifth.intendedMs).toBeGreaterThan(150);
    expect(record.lateness.p50).toBeLessThan(50);
    expect(record.tally).toEqual({ ok: record.intended });
  });
});

describe("end", () => {
  test("stop waits for what is in flight; nothing is intended after it", async () => {
    await using server = await slowServer(80);
    const load = startOpenLoop(optionsFor(server.port, { connections: "fresh", expect: { status: 204 } }));
    await load.reached(1);
    const stoppedMs = clock.now();
    const record = await load.stop();
    expect(record.tally).toEqual({ ok: record.intended });
    for (const row of record.ledger.rows()) expect(row.intendedMs).toBeLessThanOrEqual(stoppedMs + 50);
    expect(await load.stop()).toBe(record);
    expect(await load.finished).toBe(record);
  });

  test("a signal ends it at once, and what was in flight is unsent", async () => {
    await using server = await startFaultServer("stall", 1);
    const abort = new AbortController();
    const load = startOpenLoop(optionsFor(server.endpoint.port, { connections: "fresh", signal: abort.signal }));
    const unreached = load.reached(1);
    while (server.requests < 3) await nextTurn();
    abort.abort();
    const record = await load.finished;
    expect(record.tally).toEqual({ unsent: record.intended });
    await unreached;
  });

  test("a signal given already leaves nothing to do", async () => {
    const record = await startOpenLoop(optionsFor(1, { signal: AbortSignal.abort() })).finished;
    expect(record.intended).toBe(0);
  });
});

describe("sessions", () => {
  test("pipelined requests are answered in order on few connections", async () => {
    await using server = await startFaultServer("none", 1);
    const load = startOpenLoop(optionsFor(server.endpoint.port, { sessions: 1, pipelining: 8, ratePerSecond: 2000 }));
    await load.reached(200);
    const record = await load.stop();
    expect(record.tally).toEqual({ ok: record.intended });
    expect(record.reconnects).toBe(0);
    expect(new Set(Array.from(record.ledger.rows(), (row) => row.connection))).toEqual(new Set([0]));
  });

  test("an idle connection that the server ends costs nothing and is counted", async () => {
    await using server = await startFaultServer("keep-alive-broken", 5);
    const load = startOpenLoop(optionsFor(server.endpoint.port, { sessions: 1, ratePerSecond: 50 }));
    await load.reached(12);
    const record = await load.stop();
    const { ok = 0, ...losses } = record.tally;
    // On a machine too busy to see the end before the next request is due, that request meets it instead.
    const lost = record.intended - ok;
    const { "closed-before-answer-reused": closed = 0, "reset-before-answer-reused": reset = 0 } = losses;
    expect(closed + reset).toBe(lost);
    const met = record.closes.idle + lost;
    expect(met).toBeGreaterThanOrEqual(server.planted - 1);
    expect(met).toBeLessThanOrEqual(server.planted);
    expect(record.closes.announced).toBe(0);
    expect(record.reconnects).toBeGreaterThanOrEqual(met - 1);
    expect(record.reconnects).toBeLessThanOrEqual(met);
  });

  test("fresh connections carry one request each and count no reconnects", async () => {
    await using server = await startFaultServer("none", 1);
    const load = startOpenLoop(optionsFor(server.endpoint.port, { connections: "fresh" }));
    await load.reached(20);
    const record = await load.stop();
    const rows = [...record.ledger.rows()];
    expect(rows.map((row) => row.connection)).toEqual(rows.map((_, index) => index));
    expect(rows.every((row) => row.closeAnnounced && !row.reused && row.generation === 1)).toBe(true);
    expect({ reconnects: record.reconnects, closes: record.closes }).toEqual({
      reconnects: 0,
      closes: { announced: 0, idle: 0 },
    });
  });

  test("what was pipelined behind a lost answer is lost with it, and all are accounted for", async () => {
    await using server = await startFaultServer("fin", 40);
    const load = startOpenLoop(optionsFor(server.endpoint.port, { sessions: 1, pipelining: 8, ratePerSecond: 2000 }));
    await load.reached(200);
    const record = await load.stop();
    const { ok = 0, "closed-before-answer-reused": closed = 0, "reset-before-answer-reused": reset = 0 } = record.tally;
    expect(ok + closed + reset).toBe(record.intended);
    expect(closed + reset).toBeGreaterThanOrEqual(server.planted);
    expect(closed + reset).toBeLessThanOrEqual(server.planted * 8);
    expect(server.planted).toBeGreaterThanOrEqual(4);
  });

  test("a stalled answer hangs its request alone; the session goes on with a new connection", async () => {
    await using server = await startFaultServer("stall", 10);
    const options = optionsFor(server.endpoint.port, { sessions: 1, ratePerSecond: 50, limits: { requestMs: 500 } });
    const load = startOpenLoop(options);
    await load.reached(12);
    const record = await load.stop();
    expect(record.tally.hung).toBe(server.planted);
    expect(record.ledger.row(9).outcome).toBe("hung");
    expect(record.ledger.row(9).doneMs - record.ledger.row(9).intendedMs).toBeGreaterThanOrEqual(500);
  });
});

test("wrong options throw and name the option", () => {
  expect(() => startOpenLoop(optionsFor(0))).toThrow(/endpoint\.port/);
  expect(() => startOpenLoop(optionsFor(80, { ratePerSecond: 0 }))).toThrow(/ratePerSecond/);
  expect(() => startOpenLoop(optionsFor(80, { request: { path: "x" } }))).toThrow(/request\.path/);
  expect(() => startOpenLoop(optionsFor(80, { connections: "fresh", pipelining: 2 }))).toThrow(/pipelining/);
  expect(() => startOpenLoop(optionsFor(80, { idPrefix: "a b" }))).toThrow(/idPrefix/);
});

/** Busy on purpose: stands for a machine that is too slow for its generator. */
function blockLoop(ms: number): void {
  const until = clock.now() + ms;
  while (clock.now() < until);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Answers every request with 204 after a while. */
async function slowServer(delayMs: number): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", () => setTimeout(() => socket.write("HTTP/1.1 204 No Content\r\n\r\n"), delayMs));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
