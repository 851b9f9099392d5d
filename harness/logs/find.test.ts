import { link, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findLogFiles, isNameOfLog } from "./find.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "hupspec-find-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function found(names: readonly string[], pattern = "app*"): Promise<string[]> {
  for (const name of names) await writeFile(path.join(folder, name), name);
  const { files } = await findLogFiles([path.join(folder, pattern)]);
  return files.map(({ name, live }) => (live ? `${name} live` : name));
}

test("numbered backups: the larger the older, compressed or not", async () => {
  expect(await found(["app.log", "app.log.1", "app.log.2.gz", "app.log.10.zst", "app.log.9.zst"])).toEqual([
    "app.log.10.zst",
    "app.log.9.zst",
    "app.log.2.gz",
    "app.log.1",
    "app.log live",
  ]);
});

test("dated backups: in the order of their dates", async () => {
  expect(await found(["app.log", "app.log-20261122", "app.log-20261121.gz"])).toEqual([
    "app.log-20261121.gz",
    "app.log-20261122",
    "app.log live",
  ]);
  expect(
    await found(["other.log", "other.log.2026-11-22T10-00-00Z", "other.log.2026-11-22T09-00-00Z"], "other*"),
  ).toEqual(["other.log.2026-11-22T09-00-00Z", "other.log.2026-11-22T10-00-00Z", "other.log live"]);
});

test("numbers before the extension: the highest is written to, unless there is a file without one", async () => {
  expect(await found(["app.1.log", "app.10.log", "app.2.log"])).toEqual(["app.1.log", "app.2.log", "app.10.log live"]);
  expect(await found(["app.log"])).toEqual(["app.10.log", "app.2.log", "app.1.log", "app.log live"]);
});

test("dates and numbers before the extension", async () => {
  expect(await found(["app.2026-11-22.2.log", "app.2026-11-21.9.log", "app.2026-11-22.10.log"])).toEqual([
    "app.2026-11-21.9.log",
    "app.2026-11-22.2.log",
    "app.2026-11-22.10.log live",
  ]);
});

test("backups named by the label of their rotation, as multilog, svlogd and s6-log do it: in the order of these times", async () => {
  const names = ["current", "@4000000069241d2c0a.s", "@40000000692412aa1f3f5c04.s", "@4000000069241d2c1f3f5c04.u"];
  expect(await found([...names, "@4000000069241d2c003f5c04.s", "lock", "state"], "*")).toEqual([
    "@40000000692412aa1f3f5c04.s",
    "@4000000069241d2c003f5c04.s",
    "@4000000069241d2c1f3f5c04.u",
    "current live",
    // Not the twelve bytes of a label: a stream of its own, as are other files of the folder.
    "@4000000069241d2c0a.s live",
    "lock live",
    "state live",
  ]);
});

test("without `current` none of these is written to", async () => {
  const names = ["@40000000692412aa1f3f5c04.s", "@4000000069241d2c1f3f5c04.s"];
  expect(await found(names, "*")).toEqual(names);
});

test("what these turn into a backup is in transit", async () => {
  for (const name of ["current", "previous", "processed", "@40000000692412aa1f3f5c04.t"]) {
    await writeFile(path.join(folder, name), name);
  }
  const { files, inTransit } = await findLogFiles([path.join(folder, "*")]);
  expect(files.map(({ name }) => name)).toEqual(["current"]);
  expect(inTransit).toEqual(["@40000000692412aa1f3f5c04.t", "previous", "processed"]);
});

test("the second of its start in a file's name, as rotatelogs puts it there: the newest is written to", async () => {
  expect(await found(["app.log.1764000010", "app.log.1764000009", "app.log.0999999999"])).toEqual([
    "app.log.0999999999",
    "app.log.1764000009",
    "app.log.1764000010 live",
  ]);
});

/** Files that were last written in this order. */
async function writtenInTurn(names: readonly string[]): Promise<void> {
  for (const [second, name] of names.entries()) {
    await writeFile(path.join(folder, name), name);
    await utimes(path.join(folder, name), second, second);
  }
}

test("files taken in a circle, as by rotatelogs -n, are told from numbered backups by when they were written", async () => {
  await writtenInTurn(["app.log.2", "app.log.3", "app.log", "app.log.1"]);
  expect(await found([])).toEqual(["app.log.2", "app.log.3", "app.log", "app.log.1 live"]);
  await writtenInTurn(["app.log", "app.log.1", "app.log.2", "app.log.3"]);
  expect(await found([])).toEqual(["app.log", "app.log.1", "app.log.2", "app.log.3 live"]);
});

test("numbered backups stay such where one of them is still written to", async () => {
  await writtenInTurn(["app.log.3", "app.log.2", "app.log", "app.log.1"]);
  expect(await found([])).toEqual(["app.log.3", "app.log.2", "app.log.1", "app.log live"]);
  await rm(path.join(folder, "app.log.3"));
  await rm(path.join(folder, "app.log.2"));
  expect(await found([])).toEqual(["app.log.1", "app.log live"]);
});

test("between renaming and reopening there is no live file", async () => {
  expect(await found(["app.log.1", "app.log.2"])).toEqual(["app.log.2", "app.log.1"]);
});

test("temporary files are no part of the log, but in transit; so is a backup beside its compressed twin", async () => {
  for (const name of ["app.log", "app.log.1", "app.log.1.gz", "app.log.2.gz.tmp", ".app.log.swp"]) {
    await writeFile(path.join(folder, name), name);
  }
  const { files, inTransit } = await findLogFiles([path.join(folder, "app.log*")]);
  expect(files.map(({ name }) => name)).toEqual(["app.log.1.gz", "app.log.1", "app.log"]);
  expect(inTransit).toEqual(["app.log.2.gz.tmp", "app.log.1.gz"]);
});

test("several streams keep apart, and each file is found once", async () => {
  for (const name of ["a.log", "a.log.1", "b.log", "b.log.1"]) await writeFile(path.join(folder, name), name);
  await symlink("b.log", path.join(folder, "0-current.log"));
  await link(path.join(folder, "b.log.1"), path.join(folder, "b.log.2"));
  const { files } = await findLogFiles([path.join(folder, "*.log*"), path.join(folder, "a.log")]);
  expect(files.map(({ stream, name }) => `${stream}: ${name}`)).toEqual([
    "a.log: a.log.1",
    "a.log: a.log",
    "b.log: b.log.1",
    "b.log: b.log",
  ]);
});

test("a star in a folder's place, characters special to patterns, and folders that do not exist", async () => {
  await mkdir(path.join(folder, "one+(1)"));
  await writeFile(path.join(folder, "one+(1)", "app.log"), "x");
  const { files } = await findLogFiles([path.join(folder, "*", "app.log*"), path.join(folder, "one+(1)", "app*")]);
  expect(files.map(({ path }) => path)).toEqual([path.join(folder, "one+(1)", "app.log")]);
  expect(await findLogFiles([path.join(folder, "none", "app.log*")])).toEqual({ files: [], inTransit: [] });
});

test("whether a name belongs to the log can be told of one that does not exist", () => {
  const patterns = ["/logs/app.log*"];
  const names = ["app.log", "app.log-20261122.1.gz", "app.log.compressing", "web.log", "sub/app.log"];
  const belonging = names.filter((name) => isNameOfLog(patterns, `/logs/${name}`));
  expect(belonging).toEqual(["app.log", "app.log-20261122.1.gz"]);
});
