import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pidFromFile } from "./main-process.ts";

const { signal } = new AbortController();
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "hupspec-pid-"));
  file = path.join(folder, "pid");
});
afterEach(() => rm(folder, { recursive: true }));

test("a pid file that is being replaced is looked at again until it names somebody of the run", async () => {
  await writeFile(file, "");
  const reading = pidFromFile(file, () => true, signal);
  await writeFile(file, `${process.pid}\n`);
  expect(await reading).toBe(process.pid);
  let looks = 0;
  expect(await pidFromFile(file, () => ++looks === 3, signal)).toBe(process.pid);
});

test("one that stays missing, or names somebody else's process, is told as what it is when the time is up", async () => {
  await expect(pidFromFile(file, () => true, signal)).rejects.toThrow(/expected a process id in .*pid \(ENOENT\)/);
  await writeFile(file, String(process.pid));
  await expect(pidFromFile(file, () => false, signal)).rejects.toThrow("is somebody else's");
});

test("nobody looks on after an interrupt", async () => {
  const controller = new AbortController();
  const looking = pidFromFile(file, () => true, controller.signal);
  controller.abort();
  await expect(looking).rejects.toThrow("aborted");
});
