import { existsSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { BootedMaster, type Answer } from "./booted-master.testing.ts";

/** Fresh and kept-alive clients, each without any retry, until told to stop. */
function startLoad(master: BootedMaster): { stop: () => Promise<{ answers: Answer[]; errors: string[] }> } {
  const answers: Answer[] = [];
  const errors: string[] = [];
  const stopping = new AbortController();
  const client = async (keepAlive: boolean): Promise<void> => {
    const agent = keepAlive ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : false;
    while (!stopping.signal.aborted) {
      const answer = await master.get("/", agent).catch((error: Error) => error);
      if (answer instanceof Error) errors.push(answer.message);
      else answers.push(answer);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    if (agent) agent.destroy();
  };
  const clients = [client(false), client(false), client(true), client(true), client(true)];
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(clients);
      return { answers, errors };
    },
  };
}

function generations(answers: readonly Answer[]): Set<string> {
  return new Set(answers.map(({ headers }) => String(headers["x-hupspec-generation"])));
}

async function allOld(master: BootedMaster, before: readonly number[]): Promise<void> {
  await master.until(
    () => before.every((pid) => !master.workers.includes(pid)),
    () => "the old workers to leave",
  );
}

describe.each(["all-at-once", "rolling"])("strategy %s", (strategy) => {
  test("three reloads under load lose nothing, and the new generation serves", async () => {
    await using master = await BootedMaster.boot(["--strategy", strategy]);
    const load = startLoad(master);
    for (const generation of [2, 3, 4]) {
      const before = master.workers;
      master.release({ generation });
      master.signal("SIGHUP");
      const done = await master.seen("reload-done", generation - 1);
      expect(done.msg).toContain(`of generation ${generation}`);
      await allOld(master, before);
      expect((await master.get("/")).headers["x-hupspec-generation"]).toBe(String(generation));
    }
    const { answers, errors } = await load.stop();
    expect(errors).toEqual([]);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(generations(answers).size).toBe(4);
    expect(master.workers).toHaveLength(2);
    expect(master.records("worker-left").every(({ msg }) => msg.includes("exit status 0"))).toBe(true);
  });

  test.each(["fail", "hang"])(
    "a release that boots with %s leaves the old one serving, and the next one works",
    async (mode) => {
      await using master = await BootedMaster.boot(["--strategy", strategy, "--boot-timeout-ms", "1500"]);
      const before = master.workers;
      const load = startLoad(master);
      master.release({ generation: 2, boot: { mode } });
      master.signal("SIGHUP");
      await master.seen("reload-failed");
      await master.until(
        () => master.workers.length === 2,
        () => "the failed workers to go",
      );
      expect(master.workers).toEqual(before);
      expect((await master.get("/")).headers["x-hupspec-generation"]).toBe("1");
      master.release({ generation: 3 });
      master.signal("SIGHUP");
      await master.seen("reload-done");
      await allOld(master, before);
      const { answers, errors } = await load.stop();
      expect(errors).toEqual([]);
      expect(generations(answers)).toEqual(new Set(["1", "3"]));
    },
  );
});

test("strategy restart refuses connections while nobody is there", async () => {
  await using master = await BootedMaster.boot(["--strategy", "restart"]);
  const load = startLoad(master);
  master.release({ generation: 2, boot: { mode: "delay", delayMs: 300 } });
  master.signal("SIGHUP");
  await master.seen("reload-done");
  expect((await master.get("/")).headers["x-hupspec-generation"]).toBe("2");
  expect((await load.stop()).errors.length).toBeGreaterThan(0);
});

test("a held request completes on the old worker, and its answer announces the end of the connection", async () => {
  await using master = await BootedMaster.boot();
  const agent = new http.Agent({ keepAlive: true });
  const held = master.get("/hold?gate=g", agent);
  await master.until(
    () => existsSync(path.join(master.folder, "g.entered")),
    () => "the gate",
  );
  master.release({ generation: 2 });
  master.signal("SIGHUP");
  await master.seen("reload-done");
  expect(await master.get("/")).toMatchObject({ status: 200, headers: { "x-hupspec-generation": "2" } });
  writeFileSync(path.join(master.folder, "g.open"), "");
  const { headers, status } = await held;
  expect(status).toBe(200);
  expect(headers).toMatchObject({ "x-hupspec-generation": "1", connection: "close" });
  agent.destroy();
  await master.until(
    () => master.workers.length === 2,
    () => "the old workers to leave",
  );
});

test("connections that were silent all through the reload are answered, pipelined requests all of them", async () => {
  await using master = await BootedMaster.boot();
  const sockets = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const socket = net.connect(master.port, "127.0.0.1");
      await new Promise((resolve) => socket.once("connect", resolve));
      return socket;
    }),
  );
  master.release({ generation: 2 });
  master.signal("SIGHUP");
  await master.seen("reload-done");
  const texts = await Promise.all(
    sockets.map((socket) => {
      let text = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
      socket.write(request.repeat(3));
      return new Promise<string>((resolve, reject) => {
        socket.once("error", reject);
        socket.once("end", () => resolve(text));
        // Those that a new worker took keep the connection open.
        socket.on("data", () => {
          if (text.split('"setting"').length === 4 && !text.includes("Connection: close")) resolve(text);
        });
      });
    }),
  );
  for (const text of texts) {
    expect(text.split("HTTP/1.1 200 OK")).toHaveLength(4);
    expect(text.split("Connection: close").length).toBeLessThanOrEqual(2);
  }
  for (const socket of sockets) socket.destroy();
});

test("what is still open at the deadline is cut, and the log says so", async () => {
  await using master = await BootedMaster.boot(["--graceful-timeout-ms", "400"]);
  const idle = net.connect(master.port, "127.0.0.1");
  idle.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await new Promise((resolve) => idle.once("data", resolve));
  const cut = expect(master.get("/stream?chunks=1000&ms=50")).rejects.toThrow("aborted");
  await master.seen("received", 2);
  const before = master.workers;
  master.signal("SIGHUP");
  await master.seen("reload-done");
  await cut;
  await allOld(master, before);
  const told = (): string =>
    master
      .records("drain-cut")
      .map(({ msg }) => msg)
      .join();
  await master.until(
    () => told().includes("1 with a request in flight") && told().includes("1 idle"),
    () => `both connections to be told of in ${told()}`,
  );
  idle.destroy();
});

test("twenty reloads at once end on the last version and start few processes", async () => {
  await using master = await BootedMaster.boot();
  let most = 0;
  for (let generation = 2; generation <= 21; generation++) {
    master.release({ generation });
    master.signal("SIGHUP");
    most = Math.max(most, master.workers.length);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await master.until(
    () => master.records("reload-done").at(-1)?.msg.includes("generation 21") === true && master.workers.length === 2,
    () => "generation 21",
  );
  expect((await master.get("/")).headers["x-hupspec-generation"]).toBe("21");
  expect(most).toBeLessThanOrEqual(8);
  expect(master.records("reload-done").length).toBeLessThan(20);
  expect(master.records("worker-died")).toEqual([]);
});

test("the reload signal sent to the whole process group is safe", async () => {
  await using master = await BootedMaster.boot();
  const load = startLoad(master);
  const before = master.workers;
  process.kill(-master.pid, "SIGHUP");
  await master.seen("reload-done");
  await allOld(master, before);
  expect((await load.stop()).errors).toEqual([]);
  expect(master.records("worker-died")).toEqual([]);
});
