import { closeSync, mkdtempSync, openSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dispositionOf, filesOpenForWriting } from "./open-files.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "open-files-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a file that is open for writing is found under its name, and when it has none any more", () => {
  const file = path.join(folder, "app.log");
  const writing = openSync(file, "a");
  const reading = openSync(file, "r");
  const { ino } = statSync(file);
  const look = () => filesOpenForWriting([process.pid], (name) => name === file);
  expect(look()).toEqual([{ pid: process.pid, descriptor: writing, path: file, inode: ino }]);
  rmSync(file);
  expect(look()).toEqual([{ pid: process.pid, descriptor: writing, path: `${file} (deleted)`, inode: ino }]);
  closeSync(writing);
  closeSync(reading);
  expect(look()).toEqual([]);
});

test("a process that is gone has nothing open and does nothing with signals", () => {
  expect(filesOpenForWriting([2 ** 22 + 1], () => true)).toEqual([]);
  expect(dispositionOf(2 ** 22 + 1, 1)).toBeUndefined();
});

test("what a process does with a signal is read from its masks", () => {
  // Node ignores SIGPIPE (13), and KILL (9) can't be anything but the default.
  expect(dispositionOf(process.pid, 13)).toBe("ignored");
  expect(dispositionOf(process.pid, 9)).toBe("default");
  const handler = (): void => undefined;
  process.on("SIGHUP", handler);
  expect(dispositionOf(process.pid, 1)).toBe("caught");
  process.off("SIGHUP", handler);
});
