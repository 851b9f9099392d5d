import { closeSync, openSync, writeSync } from "node:fs";
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Tampering } from "../../spec/observation.ts";
import type { StageContext } from "../context.ts";
import { HistoryRecorder } from "../recorder.ts";
import { createLogHands } from "./log-hands.ts";

let root: string;
let logs: string;
let live: string;
let recorder: HistoryRecorder;
let fd = -1;

beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), "log-hands-")));
  logs = path.join(root, "logs");
  live = path.join(logs, "app.log");
  recorder = new HistoryRecorder();
  await mkdir(logs);
  fd = openSync(live, "a");
  writeSync(fd, "one\n");
});
afterEach(async () => {
  closeSync(fd);
  await rm(root, { recursive: true, force: true });
});

/** This process is the target. */
function hands(phase: "control" | "trial" = "trial", maxBytes = 0) {
  const context = {
    phase,
    site: "main",
    recorder,
    signal: new AbortController().signal,
    target: {
      workspace: { root },
      logPatterns: () => [path.join(logs, "app.log*")],
      processes: () => [{ pid: process.pid }],
      facts: () => ({ logLimits: { maxBytes, backups: 3 } }),
    },
  } as unknown as StageContext;
  return createLogHands(context);
}

const done = (): readonly Tampering[] => recorder.observations.filter((one) => one.kind === "tampering");

test("a moved file still counts as the log, and its writer is seen until it has followed", async () => {
  const log = hands();
  expect(await log.isBack()).toBe(true);
  await log.moveAway("moved");
  expect(await readdir(logs)).toEqual([expect.stringMatching(/^app\.log-\d{8}\.1$/)]);
  expect(await log.isBack()).toBe(false);
  expect((await log.lookAtWriters("stuck")).open).toMatchObject([{ pid: process.pid, descriptor: fd }]);
  closeSync(fd);
  fd = openSync(live, "a");
  writeSync(fd, "two\n");
  expect(await log.isBack()).toBe(true);
});

test("copying and truncating leaves the content in the copy and the writer on the file", async () => {
  await hands().copyAndTruncate("truncated");
  const [{ files } = { files: [] }] = done();
  expect(await readFile(files[0]?.to ?? "", "utf8")).toBe("one\n");
  writeSync(fd, "two\n");
  expect(await readFile(live, "utf8")).toBe("two\n");
});

test("a file or folder that is deleted is not back before there is a new one", async () => {
  const log = hands();
  await log.removeFolder("folder");
  expect(done()).toMatchObject([{ what: "folder-removed", files: [{ path: logs }] }]);
  expect(await log.isBack()).toBe(false);
  await mkdir(logs);
  await writeFile(live, "two\n");
  // The writer still has the deleted one.
  expect(await log.isBack()).toBe(false);
});

test("a log that nobody writes to any more is not back, though there is a file", async () => {
  const log = hands();
  await log.copyAndTruncate("truncated");
  closeSync(fd);
  fd = openSync(path.join(root, "other"), "a");
  await writeFile(live, "two\n");
  expect(await log.isBack()).toBe(false);
});

test("a log that is opened anew for each record is back with the next one", async () => {
  closeSync(fd);
  fd = openSync(path.join(root, "other"), "a");
  const log = hands();
  await log.remove("file");
  expect(await log.isBack()).toBe(false);
  await appendFile(live, "two\n");
  expect(await log.isBack()).toBe(true);
});

test("that is so too where a record is just being written when the file is deleted", async () => {
  closeSync(fd);
  fd = openSync(path.join(root, "other"), "a");
  for (const look of ["tamper", "writers"]) {
    const log = hands();
    // In peace, as nothing is written.
    await (look === "tamper" ? log.fill("full", 100) : log.lookAtWriters("before"));
    const record = openSync(live, "a");
    await log.remove("file");
    closeSync(record);
    await appendFile(live, "two\n");
    expect(await log.isBack()).toBe(true);
  }
});

test("a folder that holds more than logs is left alone, and that is said", async () => {
  await writeFile(path.join(logs, "main.pid"), "1\n");
  await hands().removeFolder("folder");
  expect(done()).toMatchObject([{ error: expect.stringContaining("holds more than log files: main.pid") }]);
  expect(await readFile(live, "utf8")).toBe("one\n");
});

test("in a full file nothing more is taken, until there is room again", async () => {
  await using disk = await hands().fill("full", 100);
  expect(() => {
    for (let line = 0; line < 100; line++) writeSync(fd, "0123456789\n");
  }).toThrow("EFBIG");
  expect((await stat(live)).size).toBe(104);
  await disk.empty();
  expect(await disk.isWritten()).toBe(false);
  writeSync(fd, "more\n");
  expect(await disk.isWritten()).toBe(true);
  expect(done().map(({ what, error }) => [what, error])).toEqual([
    ["disk-filled", undefined],
    ["disk-emptied", undefined],
  ]);
});

test("links are planted at the names seen before, and taken away wherever a rotation has carried them", async () => {
  const log = hands();
  {
    using watched = log.watchNames();
    await writeFile(`${live}.1`, "backup\n");
    await expect.poll(() => watched.names.size).toBe(1);
    const planted = await log.plantLinks("planted", watched);
    expect((await readdir(logs)).filter((name) => /^app\.log\.\d$/.test(name))).toEqual(
      [1, 2, 3, 4].map((n) => `app.log.${n}`),
    );
    await rename(`${live}.4`, `${live}.5`);
    await chmod(`${live}.2`, 0o644);
    await planted.remove("planted");
  }
  expect((await readdir(logs)).filter((name) => /^app\.log\.\d$/.test(name))).toEqual([]);
  const modes = recorder.observations.flatMap((one) =>
    one.kind === "file" && one.name === "planted-victim-after" ? (one.facts?.mode ?? 0) : [],
  );
  expect(modes.filter((mode) => mode !== 0o600)).toEqual([0o644]);
});

test("links are planted once more, beside the backups that were put aside the time before", async () => {
  const log = hands();
  await writeFile(`${live}.1`, "backup\n");
  await (await log.plantLinks("guessed")).remove("guessed");
  await writeFile(`${live}.1`, "another\n");
  using watched = log.watchNames();
  await log.plantLinks("planted", watched);
  expect(done().map(({ what, error }) => [what, error])).toEqual([
    ["links-planted", undefined],
    ["links-removed", undefined],
    ["links-planted", undefined],
  ]);
  const aside = (await readdir(logs)).filter((name) => /^app\.log-\d{8}/.test(name));
  expect(aside).toHaveLength(2);
  const planted = done()
    .at(-1)
    ?.files.map(({ path: link }) => path.basename(link));
  expect(planted?.filter((name) => name.startsWith("app.log-"))).toEqual([]);
});

test("the control leaves the log alone", async () => {
  const log = hands("control");
  await log.moveAway("moved");
  await log.remove("removed");
  await log.narrowModes("narrowed");
  await using disk = await log.fill("full", 0);
  expect(await disk.isWritten()).toBe(true);
  expect(await readdir(logs)).toEqual(["app.log"]);
  expect(done()).toEqual([]);
});
