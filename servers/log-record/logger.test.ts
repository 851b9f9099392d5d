import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LineSink } from "./line-sink.ts";
import { createRecordLogger } from "./logger.ts";
import { SUM_SUFFIX_BYTES, type RecordFields } from "./record.ts";

let folder: string;
let file: string;
let fd: number;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "logger-"));
  file = path.join(folder, "log");
  fd = openSync(file, "a");
});

afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

function loggerOf(generation = 3): ReturnType<typeof createRecordLogger> {
  return createRecordLogger({ app: "sample", generation, sink: new LineSink({ fd }) });
}

function lines(): string[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}

function checkSum(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  const open = bytes.subarray(0, bytes.length - SUM_SUFFIX_BYTES);
  expect(bytes.subarray(open.length).toString()).toBe(`,"sum":"${crc32(open).toString(16).padStart(8, "0")}"}\n`);
}

describe("a record", () => {
  test("has the agreed fields in the agreed order and a sum over the bytes before it", () => {
    const log = loggerOf();
    log.info("received", "GET /é漢😀", "r-1");
    log.warn("odd", 'quotes " and \n newlines');
    expect(lines()).toHaveLength(2);
    for (const line of lines()) checkSum(line);
    const [first, second] = lines().map((line) => JSON.parse(line) as RecordFields & { sum: string });
    expect(Object.keys(first ?? {})).toEqual([
      "time",
      "level",
      "app",
      "pid",
      "generation",
      "writer",
      "seq",
      "id",
      "event",
      "msg",
      "sum",
    ]);
    expect(first).toMatchObject({ level: "info", app: "sample", pid: process.pid, generation: 3, seq: 0, id: "r-1" });
    expect(first?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(second).toMatchObject({ level: "warn", seq: 1, event: "odd", msg: 'quotes " and \n newlines' });
    expect(second?.writer).toBe(first?.writer);
    expect(loggerOf()).not.toBe(log);
  });

  test("two loggers of one process have writers of their own", () => {
    loggerOf().info("a", "");
    loggerOf().info("b", "");
    const writers = lines().map((line) => (JSON.parse(line) as RecordFields).writer);
    expect(new Set(writers).size).toBe(2);
  });
});

describe("a sized record", () => {
  test.each([200, 201, 215, 256, 4096, 65_537, 1024 ** 2])("has exactly %i bytes", (bytes) => {
    const log = loggerOf();
    for (let index = 0; index < 12; index++) log.sized(bytes, "id-7");
    expect(lines()).toHaveLength(12);
    for (const line of lines()) {
      expect(Buffer.byteLength(line) + 1).toBe(bytes);
      checkSum(line);
      expect(JSON.parse(line)).toMatchObject({ event: "record", id: "id-7" });
    }
  });

  test("drops the id, then gives the smallest record there is", () => {
    const log = loggerOf();
    log.sized(180, "an-id-that-is-too-long-to-fit");
    log.sized(10, "id");
    const [noId, smallest] = lines();
    expect(Buffer.byteLength(noId ?? "") + 1).toBe(180);
    expect(JSON.parse(noId ?? "")).not.toHaveProperty("id");
    expect(JSON.parse(smallest ?? "")).toMatchObject({ msg: "" });
    expect(Buffer.byteLength(smallest ?? "")).toBeLessThan(175);
    checkSum(smallest ?? "");
  });

  test("contains characters of two, three and four bytes", () => {
    loggerOf().sized(400);
    expect((JSON.parse(lines()[0] ?? "") as RecordFields).msg).toContain("é漢😀");
  });
});

test("a burst is written in order, all of it, with sequence numbers without a gap", () => {
  const log = loggerOf();
  log.together(() => {
    for (let index = 0; index < 5000; index++) log.sized(200);
  });
  log.info("after", "");
  expect(lines().map((line) => (JSON.parse(line) as RecordFields).seq)).toEqual(
    Array.from({ length: 5001 }, (_, n) => n),
  );
});

test("a record that stands for lost ones tells how many, and is handed to nobody", () => {
  const text = loggerOf().formatDrop(3);
  checkSum(text.trimEnd());
  expect(JSON.parse(text)).toMatchObject({ event: "dropped", count: 3 });
  expect(lines()).toEqual([]);
});
