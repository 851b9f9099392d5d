import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LineSink } from "./line-sink.ts";

let folder: string;
let reader: number;
let writer: number;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "sink-"));
  const fifo = path.join(folder, "fifo");
  if (spawnSync("mkfifo", [fifo]).status !== 0) throw new Error("mkfifo failed");
  reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  writer = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
});

afterEach(() => {
  closeSync(writer);
  if (reader !== -1) closeSync(reader);
  rmSync(folder, { recursive: true });
});

function readAvailable(): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    try {
      const bytes = readSync(reader, chunk);
      if (bytes === 0) break;
      chunks.push(Buffer.from(chunk.subarray(0, bytes)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") break;
      throw error;
    }
  }
  return Buffer.concat(chunks).toString();
}

async function readUntilDrained(sink: LineSink): Promise<string> {
  const reading: string[] = [];
  const done = sink.drained().then(() => true);
  while (!(await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 1, false))]))) {
    reading.push(readAvailable());
  }
  reading.push(readAvailable());
  return reading.join("");
}

test("lines beyond what the pipe holds wait and arrive whole and in order", async () => {
  const sink = new LineSink({ fd: writer });
  const lines = Array.from({ length: 5000 }, (_, index) => `${index} ${"x".repeat(100)}\n`);
  for (const line of lines) sink.write(Buffer.from(line));
  expect(sink.buffered).toBeGreaterThan(0);
  expect(await readUntilDrained(sink)).toBe(lines.join(""));
  expect(sink.buffered).toBe(0);
});

test("a line larger than the buffer is taken when the buffer is empty", async () => {
  const sink = new LineSink({ fd: writer, limitBytes: 1000 });
  const line = `${"y".repeat(1024 ** 2)}\n`;
  sink.write(Buffer.from(line));
  expect(await readUntilDrained(sink)).toBe(line);
});

test("what does not fit is dropped by whole lines, counted, and told of once the reader is back", async () => {
  const sink = new LineSink({ fd: writer, limitBytes: 200_000, describeDrop: (lines) => `dropped ${lines}\n` });
  for (let index = 0; index < 5000; index++) sink.write(Buffer.from(`${index} ${"x".repeat(100)}\n`));
  expect(sink.dropped).toBeGreaterThan(0);
  const received = (await readUntilDrained(sink)).split("\n").slice(0, -1);
  const told = received.filter((line) => line.startsWith("dropped "));
  expect(told).toHaveLength(1);
  const whole = received.filter((line) => /^\d+ x{100}$/.test(line));
  expect(whole.length + told.length).toBe(received.length);
  expect(whole.length + Number(told[0]?.split(" ")[1])).toBe(5000);
  expect(sink.dropped).toBe(0);
});

test("a reader that is gone costs the lines, and a new reader gets whole lines again", () => {
  const sink = new LineSink({ fd: writer, describeDrop: (lines) => `dropped ${lines}\n` });
  closeSync(reader);
  reader = -1;
  sink.write(Buffer.from("lost 1\n"));
  sink.write(Buffer.from("lost 2\n"));
  expect(sink).toMatchObject({ dropped: 2, buffered: 0 });
  reader = openSync(path.join(folder, "fifo"), constants.O_RDONLY | constants.O_NONBLOCK);
  sink.write(Buffer.from("back\n"));
  expect(readAvailable()).toBe("back\ndropped 2\n");
});

test("a line that the lost reader had in part does not run into the first one of a new reader", () => {
  const sink = new LineSink({ fd: writer });
  sink.write(Buffer.from(`${"x".repeat(200_000)}\n`));
  expect(sink.buffered).toBeGreaterThan(0);
  closeSync(reader);
  reader = -1;
  sink.write(Buffer.from("lost\n"));
  sink.flush(0);
  expect(sink).toMatchObject({ dropped: 2, buffered: 0 });
  reader = openSync(path.join(folder, "fifo"), constants.O_RDONLY | constants.O_NONBLOCK);
  sink.write(Buffer.from("first\n"));
  sink.write(Buffer.from("second\n"));
  // The pipe is full of the torn line until somebody reads.
  const torn = readAvailable();
  sink.flush(20);
  expect(torn + readAvailable()).toMatch(/^x+\nfirst\nsecond\n$/);
});

test("flush gives up when nothing moves", () => {
  const sink = new LineSink({ fd: writer });
  sink.write(Buffer.from(`${"z".repeat(200_000)}\n`));
  const before = performance.now();
  sink.flush(20);
  expect(performance.now() - before).toBeLessThan(5000);
  expect(sink.buffered).toBeGreaterThan(0);
  readAvailable();
  sink.flush(20);
});

test("lines wait for a file that may not grow any more, and arrive whole once it may", async () => {
  const file = path.join(folder, "lines");
  const fd = openSync(file, "a");
  const limit = (bytes: string): void => {
    const { status } = spawnSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:`]);
    if (status !== 0) throw new Error("prlimit failed");
  };
  const sink = new LineSink({ fd });
  try {
    limit("1000");
    for (let index = 0; index < 20; index++) sink.write(Buffer.from(`${index} ${"x".repeat(100)}\n`));
    expect(sink.buffered).toBeGreaterThan(1000);
  } finally {
    limit("unlimited");
  }
  await sink.drained();
  closeSync(fd);
  expect(readFileSync(file, "utf8")).toMatch(/^(?:\d+ x{100}\n){20}$/);
  expect(sink.dropped).toBe(0);
});
