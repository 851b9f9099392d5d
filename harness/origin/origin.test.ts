import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reservePorts, type ReservedPorts } from "../process/ports.ts";
import { waitUntil } from "../process/wait-until.ts";
import { startOrigin, type Origin } from "./origin.ts";

let gates: string;
let ports: ReservedPorts;
let port: number;
let origin: Origin;

beforeEach(async () => {
  gates = await mkdtemp(path.join(os.tmpdir(), "hupspec-origin-"));
  ports = await reservePorts(["origin"]);
  port = ports.byName.get("origin") ?? 0;
  origin = await startOrigin({ port, gates, idleMs: 80 });
});

afterEach(async () => {
  await origin[Symbol.asyncDispose]();
  ports[Symbol.dispose]();
  await rm(gates, { recursive: true });
});

interface Talk {
  readonly socket: Socket;
  text: string;
  end: string;
}

async function open(generation = 1): Promise<Talk> {
  const socket = connect({ host: `127.0.0.${generation}`, port });
  const talk: Talk = { socket, text: "", end: "" };
  socket.on("data", (chunk: Buffer) => (talk.text += chunk.toString("latin1")));
  socket.on("end", () => (talk.end ||= "fin"));
  socket.on("error", () => (talk.end ||= "reset"));
  await once(socket, "connect");
  return talk;
}

const get = (target: string, id = "a"): string => `GET ${target} HTTP/1.1\r\nHost: x\r\nx-hupspec-id: ${id}\r\n\r\n`;
const until = async (isSo: () => boolean): Promise<void> => expect(await waitUntil(isSo, 2_000)).toBe(true);

test("answers the contract, tells its generation by its address, and remembers what reached it", async () => {
  await origin.listen(2);
  const talk = await open(2);
  const body = "5;x\r\nhello\r\n0\r\n\r\n";
  talk.socket.write(
    `${get("/", "a")}POST /digest HTTP/1.1\r\nx-hupspec-id: b\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
  );
  await until(() => talk.text.includes('"length":5'));
  expect(talk.text).toMatch(
    /x-hupspec-generation: 2\r\nx-hupspec-id: a\r\n[^]*"app":"origin","generation":2,"worker":0,"id":"a"/,
  );
  expect(origin.look().requests).toMatchObject([
    { connection: 0, ordinal: 1, id: "a", head: "GET / HTTP/1.1\r\nHost: x\r\nx-hupspec-id: a", fate: "answered" },
    { connection: 0, ordinal: 2, id: "b", body, bodyBytes: 5, whole: true, fate: "answered" },
  ]);
  expect(origin.look().requests).toEqual([]);
});

test("holds until the gate opens", async () => {
  const talk = await open();
  talk.socket.write(get("/hold?gate=g&ms=5000"));
  await writeFile(path.join(gates, "g.open"), "");
  await until(() => talk.text.includes('"id":"a"'));
});

test.each([
  ["close", "fin", /^$/],
  ["reset", "reset", /^$/],
  ["half-head", "fin", /Content-Ty$/],
  ["cut-length", "fin", /Content-Length: 64\r\n\r\n.{32}$/],
  ["cut-chunked", "fin", /\r\n\r\n20\r\n.{32}\r\n$/],
  ["cut-chunked-reset", "reset", /\r\n\r\n20\r\n.{32}\r\n$/],
])("misbehaves on demand: %s", async (fault, end, text) => {
  const talk = await open();
  talk.socket.write(get(`/bytes?n=64&fault=${fault}`));
  await until(() => talk.end !== "");
  expect(talk.end).toBe(end);
  expect(talk.text).toMatch(text);
  expect(origin.look().requests).toMatchObject([{ fate: "closed" }]);
});

test("closes under a request on a connection that was used before, and answers it on a fresh one", async () => {
  const used = await open();
  used.socket.write(get("/?fault=close-reused"));
  await until(() => used.text.includes('"id":"a"'));
  used.socket.write(get("/?fault=close-reused", "b"));
  await until(() => used.end === "fin");
  expect(origin.look().requests).toMatchObject([{ fate: "answered" }, { id: "b", ordinal: 2, fate: "closed" }]);
});

test("closes what lies idle, and resets what comes while it does", async () => {
  const idle = await open();
  idle.socket.write(get("/"));
  const crossing = await open();
  crossing.socket.write(get("/"));
  await until(() => crossing.text.includes('"id"'));
  const answeredMs = performance.now();
  await until(() => performance.now() - answeredMs > 100);
  crossing.socket.write(get("/", "late"));
  await until(() => crossing.end === "reset" && idle.end === "fin");
  const { requests, idledOut } = origin.look();
  expect(requests).toMatchObject([{}, {}, { id: "late", fate: "closed" }]);
  expect(idledOut).toBe(1);
});

test("is away for as long as it takes", async () => {
  const before = await open();
  await origin.away(async () => {
    await until(() => before.end !== "");
    await expect(open()).rejects.toThrow("ECONNREFUSED");
  });
  const after = await open();
  after.socket.write(get("/"));
  await until(() => after.text.includes('"id":"a"'));
});
