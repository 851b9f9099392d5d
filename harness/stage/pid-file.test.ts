import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Poll } from "../spec/observation.ts";
import type { StageContext } from "./context.ts";
import { watchPidFile } from "./pid-file.ts";
import { HistoryRecorder } from "./recorder.ts";

/** Long enough for the kernel's notification to come through. */
const HEARD_MS = 100;

async function watched(change: (file: string) => Promise<void> | void): Promise<Poll> {
  const folder = mkdtempSync(path.join(tmpdir(), "pid-file-"));
  try {
    const file = path.join(folder, "x.pid");
    writeFileSync(file, `${process.pid}\n`);
    const recorder = new HistoryRecorder();
    const target = {
      name: "fixture",
      operator: { pidFile: () => file },
      processes: () => [{ pid: process.pid }],
    } as unknown as StageContext["target"];
    const watch = watchPidFile({ target, site: "main", recorder } as StageContext, "pid-file");
    await sleep(HEARD_MS);
    await change(file);
    await sleep(HEARD_MS);
    watch.stop();
    watch.stop();
    expect(recorder.observations).toHaveLength(1);
    return recorder.observations[0] as Poll;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

test("a file that is replaced by a rename is always there", async () => {
  const poll = await watched(async (file) => {
    replace(file, `${process.pid}\n`);
    await sleep(HEARD_MS);
    replace(file, ` ${process.pid} `);
    utimesSync(file, 1, 1);
  });
  expect(poll.misses.filter(({ text }) => !text.includes("in place"))).toEqual([]);
  expect(poll.looks).toBeGreaterThan(10);
});

test("one that is removed and made anew between two looks is not", async () => {
  const { misses, missCount } = await watched((file) => {
    rmSync(file);
    replace(file, `${process.pid}\n`);
  });
  expect(missCount).toBeGreaterThan(0);
  expect(misses[0]?.text).toContain("removed");
});

test.each([
  ["is gone", (file: string) => rmSync(file), "there was no such file"],
  ["is empty", (file: string) => replace(file, ""), "it was empty"],
  ["holds no number", (file: string) => replace(file, "none"), 'it held no pid, but "none"'],
  ["names a dead process", (file: string) => replace(file, "4194399"), "it named 4194399, which does not run"],
  [
    "names a stranger",
    (file: string) => replace(file, `${process.ppid}`),
    `it named ${process.ppid}, which is no process of the target`,
  ],
  ["is written in place", (file: string) => writeFileSync(file, `${process.pid} `), "written in place"],
])("one that %s is told of", async (_, change, text) => {
  const { misses, missCount } = await watched(change);
  expect(missCount).toBeGreaterThan(0);
  expect(misses.map((miss) => miss.text).join("; ")).toContain(text);
});
