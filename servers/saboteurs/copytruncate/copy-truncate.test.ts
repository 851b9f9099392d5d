import { closeSync, openSync, writeSync } from "node:fs";
import { mkdtempDisposable, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { copyTruncate, isTooLarge } from "./copy-truncate.ts";

test("copies to the first backup, shifts the others and forgets the oldest", async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "hupspec-copytruncate-"));
  const log = path.join(folder.path, "app.log");
  for (const content of ["first\n", "second\n", "third\n"]) {
    await writeFile(log, content);
    await copyTruncate(log, 2);
  }
  expect((await readdir(folder.path)).toSorted()).toEqual(["app.log", "app.log.1", "app.log.2"]);
  expect(await readFile(`${log}.2`, "utf8")).toBe("second\n");
  expect(await readFile(`${log}.1`, "utf8")).toBe("third\n");
  expect(await readFile(log, "utf8")).toBe("");
});

test("empties the very file that a writer has open, whose next line stands at the start", async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "hupspec-copytruncate-"));
  const log = path.join(folder.path, "app.log");
  const writer = openSync(log, "a");
  try {
    const line = `${"x".repeat(200_000)}\n`;
    writeSync(writer, line);
    const { ino } = await stat(log);
    await copyTruncate(log, 1);
    writeSync(writer, "after\n");
    expect(await readFile(`${log}.1`, "utf8")).toBe(line);
    expect(await readFile(log, "utf8")).toBe("after\n");
    expect((await stat(log)).ino).toBe(ino);
  } finally {
    closeSync(writer);
  }
});

test("a file of just the limit is not too large", async () => {
  await using folder = await mkdtempDisposable(path.join(tmpdir(), "hupspec-copytruncate-"));
  const log = path.join(folder.path, "app.log");
  await writeFile(log, "12345");
  expect(await isTooLarge(log, 5)).toBe(false);
  expect(await isTooLarge(log, 4)).toBe(true);
});
