import { closeSync, constants, openSync, writeSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLogPipe, type LogPipe } from "./log-pipe.ts";
import { isRunning } from "./process-group.ts";
import { waitUntil } from "./wait-until.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-pipe-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const file = (): string => path.join(folder, "log");
const content = (): Promise<string> => readFile(file(), "utf8").catch(() => "");
const holds = (text: string): Promise<boolean> => waitUntil(async () => (await content()) === text, 5_000);

async function openPipe(readers: number[] = []): Promise<LogPipe> {
  const started = (pid: number): void => void readers.push(pid);
  const plan = { path: path.join(folder, "pipe"), file: file(), env: process.env, marker: "test", started };
  return openLogPipe(plan);
}

test("brings what is written into the file, all of it before it is disposed of", async () => {
  const text = "x".repeat(500_000);
  let reader = 0;
  {
    await using pipe = await openPipe();
    reader = pipe.reader;
    const writer = openSync(pipe.path, constants.O_WRONLY);
    writeSync(writer, text);
    closeSync(writer);
  }
  expect(await content()).toBe(text);
  expect(isRunning(reader)).toBe(false);
});

test("a reader that is held up leaves the pipe to fill, and goes on", async () => {
  await using pipe = await openPipe();
  const writer = openSync(pipe.path, constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(writer, "one\n");
  expect(await holds("one\n")).toBe(true);
  expect(pipe.hold(true)).toBe(true);
  const block = Buffer.alloc(65_536, "y");
  const fill = (): number => writeSync(writer, block);
  expect(() => {
    for (let blocks = 0; blocks < 100; blocks++) fill();
  }).toThrow("EAGAIN");
  expect(await content()).toBe("one\n");
  expect(pipe.hold(false)).toBe(true);
  expect(await waitUntil(async () => (await content()).length > 65_536, 5_000)).toBe(true);
  closeSync(writer);
});

test("without its reader a pipe refuses what is written, and with a new one it goes on", async () => {
  const readers: number[] = [];
  await using pipe = await openPipe(readers);
  const writer = openSync(pipe.path, constants.O_WRONLY);
  writeSync(writer, "one\n");
  expect(await holds("one\n")).toBe(true);
  expect(await pipe.lose()).toBe(true);
  expect(() => writeSync(writer, "lost\n")).toThrow("EPIPE");
  expect(pipe.hold(true)).toBe(false);
  expect(await pipe.lose()).toBe(false);
  expect(await pipe.restore()).toBe(true);
  expect(await pipe.restore()).toBe(false);
  writeSync(writer, "two\n");
  expect(await holds("one\ntwo\n")).toBe(true);
  expect(readers).toHaveLength(2);
  expect(pipe.reader).toBe(readers[1]);
  closeSync(writer);
});
