import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exchange, type ExchangeOptions } from "./exchange.ts";
import { startFaultServer } from "./fault-server.ts";

const clock = performance;
type Plan = Pick<ExchangeOptions, "request"> & Partial<ExchangeOptions>;

/** Asks a server on a unix socket that answers with `listener`. */
async function ask(listener: RequestListener, plan: Plan) {
  const folder = await mkdtemp(join(tmpdir(), "hupspec-exchange-"));
  const server = createServer(listener);
  const socketPath = join(folder, "s");
  server.listen(socketPath);
  await once(server, "listening");
  try {
    return await exchange({ endpoint: { socketPath }, clock, id: "e-1", expect: "contract", ...plan });
  } finally {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  }
}

function answering(body: string, headers: Record<string, string> = {}, status = 200): RequestListener {
  return (request, response) => {
    response.writeHead(status, { "x-hupspec-id": String(request.headers["x-hupspec-id"]), ...headers });
    response.end(body);
  };
}

const sha256 = createHash("sha256").update("hello").digest("hex");
const post = { method: "POST", path: "/digest", body: Buffer.from("hello") } as const;
const chunkList = "chunk 1 of 3\nchunk 2 of 3\nchunk 3 of 3\n";

describe("the contract", () => {
  test.each([
    ["/", '{"id":"e-1"}', "ok"],
    ["/", '{"id":"e-2"}', "wrong-answer"],
    ["/", "no json", "wrong-answer"],
    ["/hold?gate=a&ms=1", '{"id":"e-1"}', "ok"],
    ["/bytes?n=20", "0123456789abcdef0123", "ok"],
    ["/bytes?n=20", "0123456789abcdef012", "wrong-answer"],
    ["/bytes?n=20", "0123456789abcdef0124", "wrong-answer"],
    ["/bytes?n=200000", "0123456789abcdef".repeat(12_500), "ok"],
    ["/bytes?n=0", "", "ok"],
    ["/stream?chunks=3&ms=0", chunkList, "ok"],
    ["/stream?chunks=3&ms=0", chunkList.replace("2", "1"), "wrong-answer"],
    ["/stream?chunks=4&ms=0", chunkList, "wrong-answer"],
  ])("%s with %.40j is %s", async (path, body, outcome) => {
    expect((await ask(answering(body), { request: { path } })).row.outcome).toBe(outcome);
  });

  test("a digest has to be that of the bytes sent", async () => {
    const right = answering(JSON.stringify({ length: 5, sha256 }));
    expect((await ask(right, { request: post })).row).toMatchObject({ outcome: "ok", method: "POST" });
    const short = answering(JSON.stringify({ length: 4, sha256 }));
    expect((await ask(short, { request: post })).row.outcome).toBe("wrong-answer");
  });

  test("generation, worker and the end announced go into the row, the body comes along", async () => {
    const headers = { "x-hupspec-generation": "3", "x-hupspec-worker": "77" };
    const { row, body } = await ask(answering('{"id":"e-1"}', headers), { request: { path: "/" } });
    expect(row).toMatchObject({ id: "e-1", generation: 3, worker: 77, status: 200, closeAnnounced: true });
    expect(body.toString()).toBe('{"id":"e-1"}');
  });

  test("a missing id is wrong; another status is that status, whatever its content", async () => {
    const bare: RequestListener = (_, response) => response.end('{"id":"e-1"}');
    expect((await ask(bare, { request: { path: "/" } })).row.outcome).toBe("wrong-answer");
    expect((await ask(answering("busy", {}, 503), { request: { path: "/" } })).row.outcome).toBe("status-503");
  });
});

describe("services seen from outside", () => {
  const expect204 = { status: 204, generationHeader: "X-App-Version" };

  test("the status decides, and a header of their own gives the generation", async () => {
    const listener = answering("", { "x-app-version": "12" }, 204);
    const { row } = await ask(listener, { request: { path: "/health" }, expect: expect204 });
    expect(row).toMatchObject({ outcome: "ok", generation: 12 });
    const other = await ask(answering("x"), { request: { path: "/health" }, expect: expect204 });
    expect(other.row.outcome).toBe("status-200");
  });
});

describe("bounds", () => {
  const request = { path: "/" };

  test("no answer by the deadline is hung", async () => {
    await using server = await startFaultServer("stall", 1);
    const { endpoint } = server;
    const { row } = await exchange({
      endpoint,
      clock,
      id: "e",
      request,
      expect: "contract",
      limits: { requestMs: 50 },
    });
    expect(row.outcome).toBe("hung");
    expect(row.doneMs - row.intendedMs).toBeGreaterThanOrEqual(49);
  });

  test("an answer that came while this process was held up is none that is missing", async () => {
    await using server = await startFaultServer("none", 1);
    const asked = exchange({
      endpoint: server.endpoint,
      clock,
      id: "e",
      request,
      expect: "contract",
      limits: { requestMs: 200 },
    });
    const answered = Promise.withResolvers<void>();
    const look = (): void => void (server.requests > 0 ? answered.resolve() : setImmediate(look));
    look();
    // The server has answered by now, and the answer lies where it can be read.
    await answered.promise;
    const fromMs = performance.now();
    while (performance.now() - fromMs < 300);
    expect((await asked).row.outcome).toBe("ok");
  });

  test("no socket is refused; an aborted exchange is unsent", async () => {
    const endpoint = { socketPath: join(tmpdir(), "hupspec-nobody-listens-here") };
    const options = { endpoint, clock, id: "e", request, expect: "contract" } as const;
    expect((await exchange(options)).row.outcome).toBe("refused");
    expect((await exchange({ ...options, signal: AbortSignal.abort() })).row.outcome).toBe("unsent");
  });

  test("a listener that is stopped with a full queue is a connect-timeout", async () => {
    const script = `require("net").createServer().listen({port: 0, host: "127.0.0.1", backlog: 1}, function () {
      process.send(this.address().port);
    })`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const [port] = (await once(child, "message")) as [number];
    child.kill("SIGSTOP");
    const fillers = Array.from({ length: 6 }, () => connect(port, "127.0.0.1"));
    try {
      // The kernel accepts one more than the backlog says, then lets attempts wait.
      await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, "connect")));
      const endpoint = { host: "127.0.0.1", port };
      const limits = { connectMs: 100, requestMs: 1000 };
      const { row } = await exchange({ endpoint, clock, id: "e", request, expect: "contract", limits });
      expect(row.outcome).toBe("connect-timeout");
      expect(row.sentMs).toBeNaN();
    } finally {
      for (const filler of fillers) filler.destroy();
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
  });
});

describe("requests that take their time", () => {
  test("half of a body waits until the rest is let go, and the server is asked whether it wants it", async () => {
    const { promise: rest, resolve } = Promise.withResolvers<void>();
    const got: string[] = [];
    const listener: RequestListener = (request, response) => {
      request.on("data", (chunk: Buffer) => {
        got.push(chunk.toString());
        // The first half is here: only now may the second come.
        if (got.join("") === "he") resolve();
      });
      request.on("end", () => answering(JSON.stringify({ length: 5, sha256 }))(request, response));
    };
    let begun = 0;
    const { row } = await ask(listener, {
      request: { ...post, halves: { firstBytes: 2, rest } },
      onFirstByte: () => void begun++,
    });
    expect(row.outcome).toBe("ok");
    expect(got.join("")).toBe("hello");
    // The interim answer, and the one proper.
    expect(begun).toBe(2);
  });

  test("an answer that is not read stays with the server until it is", async () => {
    const { promise: readOnAfter, resolve } = Promise.withResolvers<void>();
    let finished = false;
    const length = 24 * 1024 * 1024;
    const listener: RequestListener = (_, response) => {
      response.on("finish", () => (finished = true));
      response.writeHead(200, { "x-hupspec-id": "e-1", "content-length": length });
      response.end("0123456789abcdef".repeat(length / 16));
    };
    const { promise: first, resolve: onFirstByte } = Promise.withResolvers<void>();
    const asked = ask(listener, { request: { path: `/bytes?n=${length}` }, readOnAfter, onFirstByte });
    await first;
    expect(finished).toBe(false);
    resolve();
    expect((await asked).row.outcome).toBe("ok");
    expect(finished).toBe(true);
  });
});
