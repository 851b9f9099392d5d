import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { startAutocannon } from "./autocannon.ts";
import { startClosedLoop } from "./closed-loop.ts";
import { startFaultServer } from "./fault-server.ts";
import type { ClosedLoopOptions } from "./load-options.ts";

function optionsFor(port: number, more: Partial<ClosedLoopOptions> = {}): ClosedLoopOptions {
  return {
    name: "closed",
    door: "direct",
    endpoint: { host: "127.0.0.1", port },
    clock: performance,
    idPrefix: "c-",
    connections: "kept-alive",
    request: { path: "/" },
    expect: "contract",
    requests: 200,
    concurrency: 10,
    ...more,
  };
}

describe.each([
  ["our driver", startClosedLoop],
  ["autocannon", startAutocannon],
])("%s", (_, start) => {
  test("sends as many as asked over as many connections as asked", async () => {
    await using server = await startFaultServer("none", 1);
    const load = start(optionsFor(server.endpoint.port));
    await load.reached(100);
    const record = await load.finished;
    expect(record).toMatchObject({ mode: "closed-loop", intended: 200, tally: { ok: 200 }, reconnects: 0 });
    expect(server.requests).toBe(200);
    const connections = new Set(Array.from(record.ledger.rows(), (row) => row.connection));
    expect(connections.size).toBeLessThanOrEqual(10);
    for (const row of record.ledger.rows()) {
      expect(row).toMatchObject({ generation: 1, worker: process.pid, status: 200, closeAnnounced: false });
      expect(row.doneMs).toBeGreaterThanOrEqual(row.firstByteMs);
      expect(row.firstByteMs).toBeGreaterThanOrEqual(row.sentMs);
      expect(row.sentMs).toBeGreaterThanOrEqual(row.intendedMs);
    }
  });

  test("tells of every answer, at the time, whose it was", async () => {
    await using server = await startFaultServer("none", 1);
    const heard: string[] = [];
    const onAnswer = (worker: number, generation: number): void => void heard.push(`${worker}/${generation}`);
    await start(optionsFor(server.endpoint.port, { requests: 20, onAnswer })).finished;
    expect(heard).toEqual(Array.from({ length: 20 }, () => `${process.pid}/1`));
  });

  test("fresh connections carry one request each", async () => {
    await using server = await startFaultServer("none", 1);
    const record = await start(optionsFor(server.endpoint.port, { connections: "fresh" })).finished;
    const connections = new Set(Array.from(record.ledger.rows(), (row) => row.connection));
    expect(connections.size).toBe(200);
    expect(record).toMatchObject({ tally: { ok: 200 }, reconnects: 0, closes: { announced: 0, idle: 0 } });
  });

  test("stop ends the intake, waits for what is in flight, and intends nothing more", async () => {
    await using server = await startFaultServer("none", 1);
    const load = start(optionsFor(server.endpoint.port, { requests: 1_000_000 }));
    await load.reached(20);
    const record = await load.stop();
    expect(record.tally).toEqual({ ok: record.intended });
    expect(record.intended).toBeLessThan(1_000_000);
  });

  test("a signal ends it at once; what was in flight is unsent", async () => {
    await using server = await startFaultServer("stall", 1);
    const abort = new AbortController();
    const load = start(optionsFor(server.endpoint.port, { concurrency: 3, signal: abort.signal }));
    while (server.requests < 3) await new Promise((resolve) => void setImmediate(resolve));
    abort.abort();
    const record = await load.finished;
    expect(record.tally).toEqual({ unsent: 3 });
    expect(record.scheduleKept).toBe(false);
  });

  test("a signal given already leaves nothing to do", async () => {
    expect((await start(optionsFor(1, { signal: AbortSignal.abort() })).finished).intended).toBe(0);
  });

  test("a second answer that comes late, on the idle connection, still makes the request wrong", async () => {
    await using server = await lateDuplicator();
    const expectation = { status: 200 };
    const load = start(optionsFor(server.port, { requests: 2, concurrency: 2, expect: expectation }));
    expect((await load.finished).tally).toEqual({ ok: 1, "wrong-answer": 1 });
  });

  test("wrong options throw and name the option", () => {
    expect(() => start(optionsFor(80, { requests: 0 }))).toThrow(/requests/);
    expect(() => start(optionsFor(80, { concurrency: 1.5 }))).toThrow(/concurrency/);
  });
});

/** Answers the first request at once and again as soon as the second is there, which only then is answered. */
async function lateDuplicator(): Promise<{ port: number } & AsyncDisposable> {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", () => {
      sockets.push(socket);
      const [first, second] = sockets;
      if (second === undefined) {
        socket.write(answer);
      } else {
        first?.write(answer);
        // The first client hangs up on the second answer: by then it has seen it.
        first?.on("close", () => second.write(answer));
      }
    });
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
