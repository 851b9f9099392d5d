import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { waitUntil } from "../process/wait-until.ts";
import type { Poll } from "../spec/observation.ts";
import type { StageContext } from "./context.ts";
import { pollConnect } from "./poll-connect.ts";
import { HistoryRecorder } from "./recorder.ts";

test("connects until it is stopped, and tells when nobody was there", async () => {
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    socket.on("error", () => undefined).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const recorder = new HistoryRecorder();
  const context = {
    recorder,
    signal: new AbortController().signal,
    endpoint: () => ({ host: "127.0.0.1", port, hostHeader: "x" }),
  } as unknown as StageContext;

  const poll = pollConnect(context, { name: "door", door: "front" });
  await waitUntil(() => accepted >= 3, 5_000);
  const closedMs = recorder.now();
  await new Promise((resolve) => server.close(resolve));
  await waitUntil(() => recorder.now() > closedMs + 30, 5_000);
  await poll.stop();

  const [seen] = recorder.observations as Poll[];
  expect(seen).toMatchObject({ kind: "poll", name: "door" });
  expect(seen?.looks).toBeGreaterThanOrEqual(4);
  expect(seen?.missCount).toBeGreaterThan(0);
  expect(seen?.misses.at(-1)).toMatchObject({ text: "ECONNREFUSED" });
  expect(seen?.misses[0]?.atMs).toBeGreaterThan(seen?.startedMs ?? Number.NaN);
});
