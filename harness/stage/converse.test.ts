import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { converse } from "./converse.ts";
import type { StageContext } from "./context.ts";
import { HistoryRecorder } from "./recorder.ts";

let server: Server;
let accepted: Socket | undefined;
let context: StageContext;
let abort: AbortController;

/** Answers each piece that it gets. */
beforeEach(async () => {
  server = createServer((socket) => {
    accepted = socket;
    socket.on("data", () => void socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    socket.on("error", () => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  abort = new AbortController();
  context = {
    endpoint: () => ({ host: "127.0.0.1", port, hostHeader: "a" }),
    idPrefix: (name: string) => name,
    recorder: new HistoryRecorder(),
    talks: new Set(),
    signal: abort.signal,
  } as unknown as StageContext;
});

afterEach(async () => {
  for (const talk of context.talks) talk.close();
  server.close();
  await once(server, "close");
});

/** As a machine does that gives this process no time. */
function holdUp(ms: number): void {
  const fromMs = performance.now();
  while (performance.now() - fromMs < ms);
}

test("a pause of this process is no silence of the peer", async () => {
  const talk = await converse(context, { name: "a", door: "front" });
  await talk.send("GET / HTTP/1.1\r\n\r\n");
  const answered = talk.until((received) => received.includes("200"), 300);
  holdUp(400);
  expect(await answered).toBe(true);
});

test("what the peer said in the last moment of a wait is heard, however late that ends", async () => {
  const talk = await converse(context, { name: "a", door: "front" });
  await talk.send("GET / HTTP/1.1\r\n\r\n");
  await talk.until((received) => received.includes("200"), 1_000);
  const ended = talk.untilEnded(20);
  accepted?.end();
  holdUp(100);
  expect(await ended).toBe(true);
});

test("a silent peer is given up, and an abort ends the wait", async () => {
  const talk = await converse(context, { name: "a", door: "front" });
  expect(await talk.untilEnded(120)).toBe(false);
  const waiting = talk.untilEnded(60_000);
  abort.abort(new Error("interrupted"));
  await expect(waiting).rejects.toThrow("interrupted");
});
