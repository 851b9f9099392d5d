import { once } from "node:events";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { closeLate } from "./late-output.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

test("a channel that somebody holds open is closed after the bound", async () => {
  const channel = new PassThrough().resume();
  const late = closeLate([channel], once(channel, "close"), 1000);
  await vi.advanceTimersByTimeAsync(900);
  expect(channel.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(channel.destroyed).toBe(true);
  expect(await late).toBe(true);
});

test("a channel that is held up is left alone, however long, and read to its end", async () => {
  const channel = new PassThrough();
  let read = "";
  channel.on("data", (chunk: Buffer) => (read += chunk.toString()));
  channel.pause();
  channel.end("last words");
  const late = closeLate([channel], once(channel, "close"), 1000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(channel.destroyed).toBe(false);
  channel.resume();
  expect(await late).toBe(false);
  expect(read).toBe("last words");
});
