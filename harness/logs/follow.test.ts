import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { awaitLogs } from "./follow.ts";

let folder = "";
let patterns: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-follow-"));
  patterns = [path.join(folder, "app.log*")];
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const at = (name: string): string => path.join(folder, name);

test("a log that does not change is at rest after the quiet time", async () => {
  await writeFile(at("app.log"), "a\nb\n");
  const rest = await awaitLogs({ patterns, quietMs: 80, timeoutMs: 10_000 });
  expect(rest).toMatchObject({ reason: "rest", files: 1, bytes: 4 });
  expect(rest.waitedMs).toBeGreaterThanOrEqual(75);
});

test("with the lines that are awaited it waits a part of the quiet time only", async () => {
  await writeFile(at("app.log"), "a\nb\n");
  await writeFile(at("app.log.1.gz"), gzipSync("c\nd\n"));
  const rest = await awaitLogs({ patterns, expectedRecords: 4, quietMs: 8_000, timeoutMs: 20_000 });
  expect(rest.reason).toBe("expected");
  expect(rest.waitedMs).toBeLessThan(8_000);
});

test("what is written while it waits is waited for", async () => {
  await writeFile(at("app.log"), "a\n");
  const waiting = awaitLogs({ patterns, expectedRecords: 3, quietMs: 2_000, timeoutMs: 20_000 });
  await rename(at("app.log"), at("app.log.1"));
  await writeFile(at("app.log"), "b\n");
  await appendFile(at("app.log"), "c\n");
  expect(await waiting).toMatchObject({ reason: "expected", files: 2, bytes: 6 });
});

test("a compression under way is no rest, one that was left behind holds nobody up for ever", async () => {
  await writeFile(at("app.log"), "a\n");
  await writeFile(at("app.log.1.gz.tmp"), "half");
  const early = await awaitLogs({ patterns, expectedRecords: 1, quietMs: 100, timeoutMs: 250 });
  expect(early.reason).toBe("timeout");
  const late = await awaitLogs({ patterns, expectedRecords: 1, quietMs: 40, timeoutMs: 20_000 });
  expect(late.reason).toBe("rest");
  expect(late.waitedMs).toBeGreaterThanOrEqual(195);
});

test("a log that never rests ends the waiting after its bound", async () => {
  await writeFile(at("app.log"), "a\n");
  const stop = new AbortController();
  const writing = (async () => {
    while (!stop.signal.aborted) await appendFile(at("app.log"), "more\n");
  })();
  const rest = await awaitLogs({ patterns, quietMs: 5_000, timeoutMs: 200 });
  stop.abort();
  await writing;
  expect(rest.reason).toBe("timeout");
});

test("a pause of the suite is no rest of the log", async () => {
  await writeFile(at("app.log"), "a\n");
  const waiting = awaitLogs({ patterns, quietMs: 1_000, timeoutMs: 20_000 });
  const { promise: wentOn, resolve } = Promise.withResolvers<void>();
  setTimeout(() => {
    // The machine stands still, and whoever writes with it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    setTimeout(() => resolve(appendFile(at("app.log"), "b\n")), 100);
  }, 50);
  expect(await waiting).toMatchObject({ reason: "rest", bytes: 4 });
  await wentOn;
});

test("an abort ends the waiting with its reason", async () => {
  const abort = new AbortController();
  const waiting = awaitLogs({ patterns, quietMs: 60_000, timeoutMs: 60_000, signal: abort.signal });
  abort.abort(new Error("interrupted"));
  await expect(waiting).rejects.toThrow("interrupted");
});
