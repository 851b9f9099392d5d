import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pidFromFile, soon } from "./main-process.ts";

const { signal } = new AbortController();
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "hupspec-pid-"));
  file = path.join(folder, "pid");
});
afterEach(() => rm(folder, { recursive: true }));

const read = (isOfRun = true): Promise<number> => pidFromFile(file, () => isOfRun);

test("a pid file that is being replaced is looked at again until it names somebody", async () => {
  let looks = 0;
  const pid = await soon(async () => {
    if (++looks === 3) await writeFile(file, `${process.pid}\n`);
    return read();
  }, signal);
  expect({ pid, looks }).toEqual({ pid: process.pid, looks: 3 });
});

test("one that stays missing, or names somebody else's process, is told as what it is when the time is up", async () => {
  await expect(soon(read, signal)).rejects.toThrow(/expected a process id in .*pid \(ENOENT\)/);
  await writeFile(file, String(process.pid));
  await expect(soon(() => read(false), signal)).rejects.toThrow("is somebody else's");
});

test("nobody looks on after an interrupt", async () => {
  const controller = new AbortController();
  const looking = soon(async () => {
    controller.abort();
    return read();
  }, controller.signal);
  await expect(looking).rejects.toThrow("aborted");
});
