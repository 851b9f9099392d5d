import { readlinkSync } from "node:fs";
import net from "node:net";
import { expect, test } from "vitest";
import { BootedMaster } from "./booted-master.testing.ts";
import { bind } from "./listener.ts";

/* One SO_REUSEPORT socket per worker. */

const ANYWHERE = { kind: "tcp", host: "127.0.0.1", family: 4, port: 0 } as const;

const answeredBy = async (master: BootedMaster): Promise<number> => {
  const { body } = await master.get();
  return (JSON.parse(body) as { readonly worker: number }).worker;
};

const answers = (master: BootedMaster, count: number): Promise<number[]> =>
  Promise.all(Array.from({ length: count }, () => answeredBy(master)));

const boot = (): Promise<BootedMaster> => BootedMaster.boot(["--listeners", "per-worker", "--workers", "2"]);

test("several sockets are bound to one port, which nobody else gets while somebody listens", async () => {
  const listener = bind(ANYWHERE, 3);
  const fds = listener.sockets.map(({ fd }) => fd);
  expect(new Set(fds).size).toBe(3);
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(listener.sockets[0]?.handle, resolve));
  expect(() => bind(listener.address, 3)).toThrow(/EADDRINUSE/);
  server.close();
  listener.close();
  bind(listener.address, 2).close();
});

test("each worker has a socket of its own, and the kernel deals out the connections", async () => {
  await using master = await boot();
  const own = master.workers.map((pid) => readlinkSync(`/proc/${pid}/fd/3`));
  expect(new Set(own).size).toBe(2);
  expect(new Set(await answers(master, 60))).toEqual(new Set(master.workers));
});

test("while a worker is missing the other one accepts from its socket", async () => {
  await using master = await boot();
  const [gone = 0, left] = master.workers;
  // The replacement does not get ready.
  master.release({ generation: 1, boot: { mode: "hang" } });
  process.kill(gone, "SIGKILL");
  await master.seen("worker-died");
  expect(new Set(await answers(master, 60))).toEqual(new Set([left]));
});

test("with one worker fewer nothing waits at the socket that is nobody's, with one more all are answered too", async () => {
  await using master = await boot();
  master.signal("SIGTTOU");
  await master.seen("worker-left");
  expect(new Set(await answers(master, 60))).toEqual(new Set(master.workers));
  for (const ready of [3, 4]) {
    master.signal("SIGTTIN");
    await master.seen("worker-ready", ready);
  }
  const seen = await answers(master, 200);
  expect(new Set(seen)).toEqual(new Set(master.workers));
});

test("what waits in the queues is answered after a reload", async () => {
  await using master = await boot();
  const old = master.workers;
  for (const pid of old) process.kill(pid, "SIGSTOP");
  const waiting = answers(master, 40);
  await new Promise<void>((resolve) => {
    const socket = net.connect(master.port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
  });
  master.release({ generation: 2 });
  master.signal("SIGHUP");
  await master.seen("worker-ready", 4);
  for (const pid of old) process.kill(pid, "SIGCONT");
  await master.seen("reload-done");
  // By whom does not matter: those who were stopped may take what is left.
  expect(await waiting).toHaveLength(40);
});
