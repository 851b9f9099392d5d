import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ask, BootedMaster, childrenOf } from "../prefork/booted-master.testing.ts";

/* The contract, route by route, on each of the three apps behind the prefork server. */

test.each(["node-http", "express", "fastify"])("%s implements the probe contract", async (name) => {
  const app = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  await using master = await BootedMaster.boot(["--app", app, "--workers", "1"]);
  const { port, folder } = master;
  const headers = { "x-hupspec-id": "r-1" };
  const get = (target: string): ReturnType<typeof ask> => ask({ port, path: target, headers });
  const identity = { app: name, generation: 1, worker: master.workers[0], id: "r-1", setting: "" };

  const root = await get("/");
  expect(JSON.parse(root.body)).toEqual(identity);
  expect(root.headers).toMatchObject({
    "x-hupspec-generation": "1",
    "x-hupspec-worker": String(identity.worker),
    "x-hupspec-id": "r-1",
    "content-length": String(Buffer.byteLength(root.body)),
  });

  const held = get("/hold?gate=gate-1&ms=20000");
  await master.until(
    () => existsSync(path.join(folder, "gate-1.entered")),
    () => "the gate",
  );
  writeFileSync(path.join(folder, "gate-1.open"), "");
  expect(JSON.parse((await held).body)).toEqual(identity);
  expect((await get("/hold?ms=5")).status).toBe(200);
  expect((await get("/hold?gate=../x")).status).toBe(400);

  const bytes = await get("/bytes?n=200001");
  expect(bytes.headers["content-length"]).toBe("200001");
  expect(bytes.body).toBe("0123456789abcdef".repeat(12_501).slice(0, 200_001));
  expect((await get("/bytes?n=x")).status).toBe(400);
  const stream = await get("/stream?chunks=3&ms=1");
  expect(stream.body).toBe("chunk 1 of 3\nchunk 2 of 3\nchunk 3 of 3\n");
  expect(stream.headers["transfer-encoding"]).toBe("chunked");

  const body = Buffer.alloc(300_000, "é");
  const sha256 = createHash("sha256").update(body).digest("hex");
  for (const sent of [{}, { "content-type": "application/json" }]) {
    const digest = await ask({ port, path: "/digest", method: "POST", headers: { ...headers, ...sent } }, body);
    expect(JSON.parse(digest.body)).toEqual({ length: 300_000, sha256 });
  }

  expect(JSON.parse((await get("/log?records=25&bytes=300")).body)).toEqual(identity);
  await master.until(
    () => master.records("record").length === 25,
    () => "25 records",
  );
  const sized = master.lines.filter((line) => line.includes('"event":"record"'));
  expect(new Set(sized.map((line) => Buffer.byteLength(line) + 1))).toEqual(new Set([300]));

  expect(JSON.parse((await get("/child")).body)).toEqual(identity);
  expect(childrenOf(identity.worker ?? -1)).toHaveLength(1);
  expect((await get("/nowhere")).status).toBe(404);
  await master.until(
    () => master.records("received").length === master.records("answered").length,
    () => "every request to have its two records",
  );

  expect(await firstEvent(port)).toContain('data: {"generation":1,"index":0}');
  expect(await echoed(port)).toEqual({ status: "HTTP/1.1 101 Switching Protocols", text: "hé" });
  await expect(get("/crash")).rejects.toThrow();
  expect((await master.seen("worker-died")).msg).toContain("SIGKILL");
});

function firstEvent(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    let text = "";
    socket.once("error", reject).setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (!text.includes("}\n\n")) return;
      socket.destroy();
      resolve(text);
    });
    socket.write("GET /events?ms=50 HTTP/1.1\r\nHost: x\r\n\r\n");
  });
}

function echoed(port: number): Promise<{ status: string; text: string }> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    let received = Buffer.alloc(0);
    socket.once("error", reject);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf("\r\n\r\n") + 4;
      if (end < 4 || received.length < end + 5) return;
      socket.destroy();
      resolve({
        status: received.subarray(0, received.indexOf("\r\n")).toString(),
        text: received.subarray(end + 2, end + 5).toString(),
      });
    });
    const mask = Buffer.from([1, 2, 3, 4]);
    const payload = Buffer.from("hé").map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    socket.write(
      "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload]));
  });
}
